{{ config(replaces="replaces_all_rows") }}

{%- set catalogue = setting_names("USER_ACTIVITY_EVENT_TYPES", "page_view") %}

with

catalogue as (
    {% for event_type in catalogue -%}
    select '{{ event_type | replace("'", "''") }}' as event_type
    {{ "union all" if not loop.last }}
    {% endfor %}
),

seen as (
    select event_type from {{ ref("stg_events") }} where {{ rebuilt("event_date") }}
    union
    select event_type from {{ previous("dim_event_types") }} as standing where not is_in_catalogue
),

event_types as (
    select event_type from catalogue
    union
    select event_type from seen
),

final as (
    select
        {{ surrogate_key(["event_type"]) }} as event_type_key,
        event_type,
        event_type in (select event_type from catalogue) as is_in_catalogue
    from event_types
)

select * from final
