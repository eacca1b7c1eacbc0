{#- Rules about users that more than one model needs. -#}

{#- The version of a user before any profile: one a user, whatever arrives later. -#}
{% macro profileless_user_version_key(user_id) -%}
    {{ surrogate_key([user_id, "'no profile'"]) }}
{%- endmacro %}

{#- The users whose rows this run replaces, in tables that have rows by user. -#}
{% macro rebuilt_users() -%}
    select user_key from {{ touched_users() }} as touched_users
{%- endmacro %}

{#- A relation: those users, with the first active days that they had (`first_active_date`). -#}
{% macro touched_users() -%}
    (select user_key, first_active_date from {{ ref("rebuilt_users") }} where run_id = {{ this_run() }})
{%- endmacro %}

{% macro replaces_rebuilt_users() -%}
    user_key in ({{ rebuilt_users() }})
{%- endmacro %}

{#- When and with what users were seen: by their events, and by orders and reviews for those who left no event. -#}
{% macro user_sightings() -%}
    select user_key, user_id, first_event_at as seen_at, event_date as seen_date, device, country, 1 as is_by_event
    from {{ ref("int_user_days") }}
    union all
    select user_key, user_id, order_at as seen_at, order_date as seen_date, device, country, 0 as is_by_event
    from {{ ref("stg_orders") }}
    union all
    select user_key, user_id, review_at as seen_at, review_date as seen_date, null as device, null as country, 0 as is_by_event
    from {{ ref("stg_reviews") }}
{%- endmacro %}
