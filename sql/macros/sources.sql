{#-
What models need to know of each source; a new source is one entry here and one table in models/audit/sources.yml.
`at`: the timestamp that dates a record; `identity`: the columns that make two records the same; `updated`: which of those
wins (null: the latest landed); `model`, `key`, `day`: its staging model, and the columns of key and day there;
`is_version`: records are versions of something, and one older than the first partition belongs to the first.
-#}
{% macro source_facts() -%}
    {{ return({
        "events": {
            "at": "event_at", "identity": ["event_id"], "updated": "cast(null as timestamp)",
            "model": "stg_events", "key": "event_key", "day": "event_date", "is_version": false, "has_user": true,
        },
        "orders": {
            "at": "order_at", "identity": ["order_id"], "updated": "updated_at",
            "model": "stg_orders", "key": "order_key", "day": "order_date", "is_version": false, "has_user": true,
        },
        "products": {
            "at": "updated_at", "identity": ["product_id", epoch_micros("updated_at")], "updated": "updated_at",
            "model": "stg_products", "key": "product_version_key", "day": "updated_date", "is_version": true, "has_user": false,
        },
        "users": {
            "at": "updated_at", "identity": ["user_id", epoch_micros("updated_at")], "updated": "updated_at",
            "model": "stg_users", "key": "user_version_key", "day": "updated_date", "is_version": true, "has_user": true,
        },
        "reviews": {
            "at": "review_at", "identity": ["review_id"], "updated": "updated_at",
            "model": "stg_reviews", "key": "review_key", "day": "review_date", "is_version": false, "has_user": true,
        },
    }) }}
{%- endmacro %}

{#- What makes two records of a source the same record, as one 60-bit integer. -#}
{% macro record_key(source_name) -%}
    {{ surrogate_key(source_facts()[source_name].identity) }}
{%- endmacro %}

{#- The staging model of a source and the columns there that hold its key and its day. -#}
{% macro staged(source_name) -%}
    {%- set facts = source_facts()[source_name] -%}
    {{ return((facts.model, facts.key, facts.day)) }}
{%- endmacro %}

{#- The reporting day of a source's record. -#}
{% macro source_date(source_name) -%}
    {%- set facts = source_facts()[source_name] -%}
    {%- set day = reporting_date(facts.at) -%}
    {%- if facts.is_version -%}
        greatest({{ day }}, {{ setting_start_date() }})
    {%- else -%}
        {{ day }}
    {%- endif -%}
{%- endmacro %}

{#- The rows of a source that this run stages: every accepted row of the rebuilt days that stg_duplicates does not hold. -#}
{% macro staged_rows(source_name) -%}
    (
        select received.*
        from {{ raw_rows(source_name, rebuilt_ranges()) }} as received
        left join {{ ref("stg_duplicates") }} as duplicates
            on
                duplicates.source = '{{ source_name }}'
                and duplicates.landing_date = received.landing_date
                and duplicates.file_sha256 = received._file_sha256
                and duplicates.row_number = received._row_number
        where duplicates.row_number is null
    )
{%- endmacro %}
