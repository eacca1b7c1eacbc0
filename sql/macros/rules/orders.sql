{#- Rules about orders that several models use. -#}

{#-
What became of an order, and the statuses that say so, as shops and payment services name them. This is the only list: any
other name in the setting ORDER_STATUSES is a sale. An order that waits for its payment (pending) is one, too.
-#}
{% macro order_outcomes() -%}
    {{ return({
        "cancelled": [
            "cancelled", "canceled", "cancelled_by_customer", "canceled_by_customer", "cancelled_by_merchant",
            "canceled_by_merchant", "void", "voided", "expired", "abandoned", "incomplete", "draft", "checkout_draft",
            "trash", "trashed", "deleted",
        ],
        "failed": [
            "failed", "payment_failed", "payment_error", "error", "declined", "payment_declined", "denied", "rejected",
            "refused", "unpaid", "fraud",
        ],
        "refunded": ["refunded", "partially_refunded", "returned", "chargeback", "charged_back"],
    }) }}
{%- endmacro %}

{#- Whether the status says that this became of the order. Spaces and hyphens in its name count as underscores. -#}
{% macro order_is(outcome) -%}
    translate(lower(status), ' -', '__') in ('{{ order_outcomes()[outcome] | join("', '") }}')
{%- endmacro %}

{#- When an order was refunded: `refunded_at` if the source has it, otherwise `updated_at`. Null if it was not refunded. -#}
{% macro order_refunded_at() -%}
    case when refund > 0 or {{ order_is("refunded") }} then coalesce(refunded_at, updated_at) end
{%- endmacro %}

{#- Whether an order counts as a sale: every order that is not cancelled or failed. -#}
{% macro order_is_sale() -%}
    not ({{ order_is("cancelled") }} or {{ order_is("failed") }})
{%- endmacro %}
