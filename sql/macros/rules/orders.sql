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
{% macro order_is(outcome, status="status") -%}
    translate(lower({{ status }}), ' -', '__') in ('{{ order_outcomes()[outcome] | join("', '") }}')
{%- endmacro %}

{#- Whether an order counts, as a sale of what it sells and a refund of what it gives back: if it is not cancelled or failed. -#}
{% macro order_is_counted() -%}
    not ({{ order_is("cancelled") }} or {{ order_is("failed") }})
{%- endmacro %}

{#-
Where the lines of an order come from: its record, or lines of order_items, or else one line of its total; `nothing` if not
even that is known. Lines that give goods back are those of a sale that is known by its total alone, if that is positive.
-#}
{% macro order_line_source(record, lines) -%}
    case
        when {{ record }}.items is not null then 'record'
        when {{ record }}.order_key is null or {{ lines }}.sold_line_count > 0 then 'order_items'
        when {{ lines }}.line_count > 0 and coalesce({{ record }}.revenue, 0) <= 0 then 'order_items'
        when coalesce({{ record }}.revenue, {{ lines }}.revenue) is not null then 'total'
        else 'nothing'
    end
{%- endmacro %}

{#-
Days of the other records and lines of all orders that have a record or a line on the given days, in the existing tables or
landed since: an order is of its record's day, or of its earliest line's.
-#}
{% macro dates_of_order_parts(days) -%}
    {%- set records, lines = previous("stg_orders"), previous("stg_order_items") -%}
    {%- set has_lines = any_row("select 1 as one from " ~ lines ~ " as standing") -%}
    {%- if not has_lines -%}
        {%- set has_lines = any_row("select 1 as one from " ~ raw_rows("order_items", days) ~ " as received") -%}
    {%- endif -%}
    {% if has_lines -%}
    select distinct parts.event_date
    from (
        select order_key, line_date as event_date from {{ lines }} as standing
        where not {{ in_ranges("line_date", days) }}
        union all
        select order_key, order_date as event_date from {{ records }} as standing
        where not {{ in_ranges("order_date", days) }}
    ) as parts
    inner join (
        select order_key from {{ lines }} as standing where {{ in_ranges("line_date", days) }}
        union
        select order_key from {{ records }} as standing where {{ in_ranges("order_date", days) }}
        union
        select {{ record_key("orders") }} as order_key from {{ raw_rows("order_items", days) }} as received
        union
        select {{ record_key("orders") }} as order_key from {{ raw_rows("orders", days) }} as received
    ) as touched on touched.order_key = parts.order_key
    {%- else -%}
    {{ no_dates() }}
    {%- endif %}
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
