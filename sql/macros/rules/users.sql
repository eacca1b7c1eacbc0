{#- Rules about users that several models use. -#}

{#- The key of a row's user; null where nobody is named, as for an order of a guest. -#}
{% macro user_key_of_row() -%}
    case when user_id is not null then {{ surrogate_key(["user_id"]) }} end
{%- endmacro %}

{#- The key of a user's version before the first profile: one per user, whatever arrives later. -#}
{% macro profileless_user_version_key(user_id) -%}
    {{ surrogate_key([user_id, "'no profile'"]) }}
{%- endmacro %}

{#- A query: the users whose rows this run replaces in tables with rows per user. -#}
{% macro rebuilt_users() -%}
    select user_key from {{ touched_users() }} as touched_users
{%- endmacro %}

{#- A subquery: these users, with their first active days before this run (`first_active_date`). -#}
{% macro touched_users() -%}
    (select user_key, first_active_date from {{ ref("rebuilt_users") }} where run_id = {{ this_run() }})
{%- endmacro %}

{% macro replaces_rebuilt_users() -%}
    user_key in ({{ rebuilt_users() }})
{%- endmacro %}

{#- A query: when users were seen, with device and country: in events, orders and reviews (for users without events). -#}
{% macro user_sightings() -%}
    select user_key, user_id, first_event_at as seen_at, event_date as seen_date, device, country, 1 as is_by_event
    from {{ ref("int_user_days") }}
    union all
    select user_key, user_id, order_at as seen_at, order_date as seen_date, device, country, 0 as is_by_event
    from {{ ref("int_orders") }}
    where user_key is not null
    union all
    select user_key, user_id, review_at as seen_at, review_date as seen_date, null as device, null as country, 0 as is_by_event
    from {{ ref("stg_reviews") }}
{%- endmacro %}
