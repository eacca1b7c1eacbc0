{#- Written from the contracts in user_activity/sources before dbt parses the project: edit those instead. -#}
{% macro source_facts() -%}
    {{ return({
        "events": {
            "identity": ["event_id"],
            "constant": ["user_id", "event_type", epoch_micros("event_at")],
            "at": "event_at",
            "updated": "cast(null as timestamp)",
            "can_move": true,
            "is_clamped": false,
            "has_user": true,
        },
        "order_items": {
            "identity": ["order_id", "line_ref"],
            "constant": ["product_id"],
            "at": "dated_at",
            "updated": "updated_at",
            "can_move": true,
            "is_clamped": false,
            "has_user": true,
        },
        "orders": {
            "identity": ["order_id"],
            "constant": [],
            "at": "order_at",
            "updated": "updated_at",
            "can_move": true,
            "is_clamped": false,
            "has_user": true,
        },
        "products": {
            "identity": ["product_id", epoch_micros("updated_at")],
            "constant": [],
            "at": "updated_at",
            "updated": "updated_at",
            "can_move": false,
            "is_clamped": true,
            "has_user": false,
        },
        "reviews": {
            "identity": ["review_id"],
            "constant": [],
            "at": "review_at",
            "updated": "updated_at",
            "can_move": true,
            "is_clamped": false,
            "has_user": true,
        },
        "users": {
            "identity": ["user_id", epoch_micros("updated_at")],
            "constant": [],
            "at": "updated_at",
            "updated": "updated_at",
            "can_move": false,
            "is_clamped": true,
            "has_user": true,
        },
    }) }}
{%- endmacro %}
