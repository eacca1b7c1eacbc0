{{ config(replaces="replaces_own_plan") }}

{%- set lifespans = previous("intermediate", "int_user_lifespans") %}
{%- set unfinished = previous("audit", "rebuilt_users") %}

with

users as (
    {% for source_name, facts in source_facts().items() if facts.has_user -%}
    {%- set schema, model, day = ("intermediate", "int_user_days", "event_date") if source_name == "events"
        else ("staging", facts.model, facts.day) -%}
    {%- set standing = previous(schema, model) -%}
    {% if standing -%}
    select user_key from {{ standing }} where {{ rebuilt(day) }}
    union
    {% endif -%}
    select {{ surrogate_key(["user_id"]) }} as user_key
    from (select distinct user_id from {{ raw_rows(source_name, rebuilt_ranges()) }} as received) as landed_users
    {{ "union" if not loop.last }}
    {% endfor -%}
),

final as (
    select
        users.user_key,
        {% if lifespans -%}
        lifespans.first_active_date
        {%- else -%}
        cast(null as date) as first_active_date
        {%- endif %}
    from users
    {% if lifespans -%}
    left join {{ lifespans }} as lifespans on lifespans.user_key = users.user_key
    {%- endif %}
    {% if unfinished -%}
    union
    select user_key, first_active_date from {{ unfinished }} where {{ replaces_own_plan() }}
    {%- endif %}
)

select {{ this_run() }} as run_id, user_key, first_active_date from final
