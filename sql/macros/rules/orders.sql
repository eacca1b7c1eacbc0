{#- Rules about orders that several models use: what became of them, and the session that led to them. -#}

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
        "refunded": ["refunded", "returned", "chargeback", "charged_back"],
        "refunded in part": ["partially_refunded", "partially_returned"],
    }) }}
{%- endmacro %}

{#- Whether the status says that this became of the order. Spaces and hyphens in its name count as underscores. -#}
{% macro order_is(outcome) -%}
    translate(lower(status), ' -', '__') in ('{{ order_outcomes()[outcome] | join("', '") }}')
{%- endmacro %}

{#- When an order was refunded: `refunded_at` if the source has it, otherwise `updated_at`. Null if it was not refunded. -#}
{% macro order_refunded_at() -%}
    case
        when refund > 0 or {{ order_is("refunded") }} or {{ order_is("refunded in part") }}
            then coalesce(refunded_at, updated_at)
    end
{%- endmacro %}

{#- Whether an order counts as a sale: every order that is not cancelled or failed. -#}
{% macro order_is_sale() -%}
    not ({{ order_is("cancelled") }} or {{ order_is("failed") }})
{%- endmacro %}

{#-
A condition: the event is in the session that led to the order: it has the order's id, or the order has its session id, and
the order was placed then or up to 24 hours later, whichever day that is.
-#}
{% macro leads_to_order(events, orders) -%}
    {{ events }}.user_key = {{ orders }}.user_key
    and ({{ events }}.session_id = {{ orders }}.session_id or {{ events }}.order_id = {{ orders }}.order_id)
    and {{ events }}.event_at <= {{ orders }}.order_at
    and {{ seconds_between(events ~ ".event_at", orders ~ ".order_at") }} <= {{ session_cap_seconds() }}
{%- endmacro %}

{#- Days after the given ones with orders that events of the given days lead to, in the existing tables or landed since. -#}
{% macro dates_of_orders_in_sessions(days) -%}
    {%- set standing = previous("stg_orders") -%}
    {%- set is_later = in_ranges("order_date", days, after=session_reach_days()) ~ " and not " ~ in_ranges("order_date", days) -%}
    {% if any_row("select 1 as one from " ~ standing ~ " as standing where " ~ is_later) -%}
    select distinct orders.order_date as event_date
    from (select * from {{ standing }} as standing where {{ is_later }}) as orders
    inner join (
        select user_key, session_id, order_id, event_at
        from {{ previous("stg_events") }} as standing
        where {{ in_ranges("event_date", days) }}
        union all
        select {{ surrogate_key(["user_id"]) }} as user_key, session_id, order_id, event_at
        from {{ raw_rows("events", days) }} as received
    ) as events on {{ leads_to_order("events", "orders") }}
    {%- else -%}
    {{ no_dates() }}
    {%- endif %}
{%- endmacro %}
