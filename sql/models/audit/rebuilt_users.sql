{{ config(replaces="replaces_own_plan") }}

with

users as (
    {% for source_name, facts in source_facts().items() if facts.has_user -%}
    {%- set model, key, day = staged(source_name) -%}
    select user_key from {{ previous(model) }} as standing where {{ rebuilt(day) }}
    union
    select {{ user_key_of_row() }} as user_key
    from (select distinct user_id from {{ raw_rows(source_name, rebuilt_ranges()) }} as received) as landed_users
    {{ "union" if not loop.last }}
    {% endfor -%}
),

final as (
    select
        users.user_key,
        lifespans.first_active_date
    from users
    left join {{ previous("int_user_lifespans") }} as lifespans on lifespans.user_key = users.user_key
    where users.user_key is not null
    union
    -- The users of interrupted runs, whose rows may be incomplete.
    select user_key, first_active_date from {{ previous("rebuilt_users") }} as unfinished where {{ replaces_own_plan() }}
)

select {{ this_run() }} as run_id, user_key, first_active_date from final
