{{ config(replaces="replaces_rebuilt_users") }}

{#- These models are read only in incremental runs, but must always be built before this one. -#}
{%- do ref("rebuilt_dates"), ref("rebuilt_users") -%}

with

{% if is_incremental() -%}
rebuilt_days as (
    select
        user_key,
        min(event_date) as first_date,
        max(event_date) as last_date
    from {{ ref("int_user_days") }}
    where event_count > 0 and {{ rebuilt("event_date") }}
    group by user_key
),

-- The stored first and last active days remain valid if they are not rebuilt. One that is rebuilt is lost, unless the
-- user is still active on that day, or on an earlier (for the last day: later) rebuilt day.
known as (
    select
        touched.user_key,
        standing.first_active_date,
        standing.last_active_date,
        rebuilt_days.first_date,
        rebuilt_days.last_date,
        {{ rebuilt("standing.first_active_date") }}
        and coalesce(rebuilt_days.first_date > standing.first_active_date, true)
        or {{ rebuilt("standing.last_active_date") }}
        and coalesce(rebuilt_days.last_date < standing.last_active_date, true) as is_lost
    from (select distinct user_key from {{ touched_users() }} as rebuilt_users) as touched
    left join {{ this }} as standing on standing.user_key = touched.user_key
    left join rebuilt_days on rebuilt_days.user_key = touched.user_key
),

active_days as (
    select user_key, first_active_date as active_date from known where not coalesce(is_lost, false)
    union all
    select user_key, last_active_date as active_date from known where not coalesce(is_lost, false)
    union all
    select user_key, first_date as active_date from known
    union all
    select user_key, last_date as active_date from known
    union all
    select user_key, event_date as active_date
    from {{ ref("int_user_days") }}
    where event_count > 0 and user_key in (select user_key from known where is_lost)
),
{%- else -%}
active_days as (
    select user_key, event_date as active_date
    from {{ ref("int_user_days") }}
    where event_count > 0
),
{%- endif %}

final as (
    select
        user_key,

        min(active_date) as first_active_date,
        max(active_date) as last_active_date
    from active_days
    where active_date is not null
    group by user_key
)

select * from final
