{#- Rules about users that more than one model needs. -#}

{#- The version of a user before any profile: one a user, whatever arrives later. -#}
{% macro profileless_user_version_key(user_id) -%}
    {{ surrogate_key([user_id, "'no profile'"]) }}
{%- endmacro %}

{#-
Users whose rows in dim_users may change: active or described on a rebuilt day, with a record there that now stands
elsewhere, or first or last seen there as the table stands.
-#}
{% macro rebuilt_users(standing) -%}
    select user_key from {{ ref("int_user_days") }} where {{ rebuilt("event_date") }}
    union
    select user_key from {{ ref("stg_users") }} where {{ rebuilt("updated_date") }}
    union
    select user_key from {{ ref("stg_duplicates") }} where {{ rebuilt("event_date") }} and user_key is not null
    {% if standing -%}
    union
    select user_key from {{ standing }}
    where {{ rebuilt("first_seen_date") }} or {{ rebuilt("last_seen_date") }} or {{ rebuilt("profile_date") }}
    {%- endif %}
{%- endmacro %}

{% macro replaces_rebuilt_users() -%}
    user_key in ({{ rebuilt_users(this) }})
{%- endmacro %}
