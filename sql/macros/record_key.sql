{#- What makes two records of a source the same record: the columns of its business key, as one 60-bit integer. -#}
{% macro record_key(source_name) -%}
    {%- set columns = {
        "events": ["event_id"],
        "orders": ["order_id"],
        "reviews": ["review_id"],
        "users": ["user_id", epoch_micros("updated_at")],
        "products": ["product_id", epoch_micros("updated_at")],
    }[source_name] -%}
    {{ surrogate_key(columns) }}
{%- endmacro %}

{#- The staging model of a source and the columns there that hold its key and its day. -#}
{% macro staged(source_name) -%}
    {{ return({
        "events": ("stg_events", "event_key", "event_date"),
        "orders": ("stg_orders", "order_key", "order_date"),
        "reviews": ("stg_reviews", "review_key", "review_date"),
        "users": ("stg_users", "user_version_key", "updated_date"),
        "products": ("stg_products", "product_version_key", "updated_date"),
    }[source_name]) }}
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
