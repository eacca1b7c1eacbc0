{{ config(meta={"partitioned": true, "date_column": "event_date"}) }}

{#- Who had records where must be known before staging changes, and all of staging comes after this model. -#}
{%- do ref("rebuilt_users") -%}

{%- set ranges = rebuilt_ranges() -%}

with

{% for source_name in source_facts() -%}
{%- set model, key, day = staged(source_name) -%}
{%- set standing = previous("staging", model) -%}

{{ source_name }}_received as (
    select
        {{ record_key(source_name) }} as record_key,
        {{ surrogate_key(["user_id"]) if source_facts()[source_name].has_user else "cast(null as bigint)" }} as user_key,
        event_date,
        {{ source_facts()[source_name].updated }} as updated_at,
        landing_date,
        _file_sha256 as file_sha256,
        _row_number as row_number,
        0 as is_standing
    from {{ raw_rows(source_name, ranges) }} as received
),

{{ source_name }}_standing as (
    {% if standing -%}
    select
        {{ key }} as record_key,
        cast(null as bigint) as user_key,
        {{ day }} as event_date,
        {{ source_facts()[source_name].updated }} as updated_at,
        _landing_date as landing_date,
        _file_sha256 as file_sha256,
        _row_number as row_number,
        1 as is_standing
    from {{ standing }} as standing
    where
        not {{ in_ranges(day, ranges) }}
        and {{ key }} in (select record_key from {{ source_name }}_received)
    {%- else -%}
    select * from {{ source_name }}_received where 1 = 0
    {%- endif %}
),

{{ source_name }}_repeated as (
    select record_key from {{ source_name }}_received
    group by record_key
    having count(*) > 1
    union
    select record_key from {{ source_name }}_standing
),

{{ source_name }}_ranked as (
    select
        contest.*,
        row_number() over (best_first) as record_rank,
        first_value(event_date) over (best_first) as standing_date
    from (
        select * from {{ source_name }}_received
        where record_key in (select record_key from {{ source_name }}_repeated)
        union all
        select * from {{ source_name }}_standing
    ) as contest
    window best_first as (
        partition by record_key order by updated_at desc, landing_date desc, file_sha256 desc, row_number desc
    )
),

{% endfor -%}

final as (
    {% for source_name in source_facts() -%}
    select
        '{{ source_name }}' as source,
        event_date,
        landing_date,
        file_sha256,
        row_number,
        record_key,
        user_key,
        standing_date
    from {{ source_name }}_ranked
    where record_rank > 1 and is_standing = 0
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
