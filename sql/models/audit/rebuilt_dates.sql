{{ config(replaces="replaces_own_plan", post_hook="{{ begin_rebuild() }}") }}

{#- The days of each kind may depend on those before it: moved records, parts of orders, sessions, refunds. -#}
{%- set asked = asked_ranges() or [("1900-01-01", "2999-12-31")] -%}
{%- set moved = ranges_of_moved_records(asked) -%}
{%- set parts = ranges_of(dates_of_order_parts(asked + moved)) -%}
{%- set changed = asked + moved + parts -%}
{%- set continued = ranges_of(dates_of_continued_sessions(changed)) -%}
{%- set ordered = ranges_of(dates_of_orders_in_sessions(changed + continued)) -%}

with

asked as (
    {% if asked_ranges() -%}
    {{ dates_in(asked) }}
    {%- else -%}
    {% for source_name in source_facts() -%}
    select event_date from {{ raw_rows(source_name, asked) }} as received
    {{ "union" if not loop.last }}
    {% endfor -%}
    {%- endif %}
),

moved as (
    {{ dates_in(moved) }}
),

parts as (
    {{ dates_in(parts) }}
),

refunded as (
    {{ dates_of_refunds(changed + continued + ordered) }}
),

reattributed as (
    {{ dates_of_changed_versions("users", asked) }}
    union
    {{ dates_of_changed_versions("products", asked) }}
),

continued as (
    {{ dates_in(continued) }}
),

ordered as (
    {{ dates_in(ordered) }}
),

reasons as (
    select event_date, 1 as priority, 'asked for' as reason from asked
    union all
    select event_date, 2 as priority, 'a record moved to or from this day' as reason from moved
    union all
    select event_date, 3 as priority, 'an order of a rebuilt day has a record or line on this day' as reason from parts
    union all
    select event_date, 4 as priority, 'an order of a rebuilt day was refunded on this day' as reason from refunded
    union all
    select event_date, 5 as priority, 'a user or product version of this day changed' as reason from reattributed
    union all
    select event_date, 6 as priority, 'a session of a rebuilt day goes on into this day' as reason from continued
    union all
    select event_date, 7 as priority, 'a session of a rebuilt day led to an order of this day' as reason from ordered
),

ranked as (
    select
        event_date,
        reason,
        row_number() over (partition by event_date order by priority) as reason_rank
    from reasons
    where event_date is not null
)

select
    {{ this_run() }} as run_id,
    cast(event_date as date) as event_date,
    reason
from ranked
where reason_rank = 1
