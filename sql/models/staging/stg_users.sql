{{ config(meta={"partitioned": true, "date_column": "updated_date"}) }}

with

users as (
    select * from {{ staged_rows("users") }} as staged
),

final as (
    select
        {{ record_key("users") }} as user_version_key,
        {{ surrogate_key(["user_id"]) }} as user_key,
        user_id,

        updated_at,
        event_date as updated_date,
        signed_up_at,

        name,
        email,
        country,
        device,
        language,
        plan,
        acquisition_channel,
        properties,

        landing_date as _landing_date,
        _source_file,
        _file_sha256,
        _row_number
    from users
)

select * from final
