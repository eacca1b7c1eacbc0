{#- Rules about refunds: how much, when, and which days they change. -#}

{#- Whether a version of an order says that money was given back. -#}
{% macro order_has_refund() -%}
    (
        coalesce(refund, 0) > 0
        or coalesce(refunds, '[]') <> '[]'
        or {{ order_is("refunded") }}
        or {{ order_is("refunded in part") }}
    )
{%- endmacro %}

{#-
The amount refunded as of a version of an order. Without an amount: what the lines sold, less discount, if all was refunded,
and unknown (null) if a part was.
-#}
{% macro refunded_so_far(version, order, sums) -%}
    case
        when {{ version }}.refund is not null then {{ version }}.refund
        when {{ order_is("refunded", version ~ ".status") }} then greatest({{ sums }}.gross_revenue - {{ order }}.discount, 0)
        when not {{ order_is("refunded in part", version ~ ".status") }} then 0
    end
{%- endmacro %}

{#-
Days on which orders of the given days were refunded, according to the existing tables and to the landed rows. A version
that changes what an earlier one refunded is of the day on which it was made.
-#}
{% macro dates_of_refunds(days) -%}
    select refund_date as event_date from {{ previous("fct_refunds") }} as standing where {{ in_ranges("order_date", days) }}
    union
    select {{ reporting_date("coalesce(refunded_at, updated_at)") }} as event_date
    from {{ raw_rows("order_items", days) }} as received
    where refund is not null
    union
    select {{ reporting_date("coalesce(refunded_at, updated_at)") }} as event_date
    from {{ previous("stg_order_items") }} as standing
    where refund is not null and {{ in_ranges("line_date", days) }}
    union
    select {{ reporting_date("coalesce(listed_at, updated_at)") }} as event_date
    from ({{ order_refunds(raw_rows("orders", days) ~ " as received", ["updated_at"]) }}) as listed
    union
    select event_date
    from (
        with

        received as (
            select {{ record_key("orders") }} as order_key, updated_at, refunded_at, {{ order_has_refund() }} as has_refund
            from {{ raw_rows("orders", days) }} as received
        ),

        versions as (
            select order_key, updated_at, refunded_at, has_refund from received
            union
            select order_key, updated_at, refunded_at, has_refund
            from {{ previous("int_order_versions") }} as standing
            where order_key in (select order_key from received)
        )

        select {{ reporting_date("coalesce(refunded_at, updated_at)") }} as event_date
        from versions
        where refunded_at is not null or has_refund
        union
        select {{ reporting_date("later.updated_at") }} as event_date
        from versions as later
        inner join versions as earlier
            on earlier.order_key = later.order_key and earlier.updated_at < later.updated_at and earlier.has_refund
    ) as dated
{%- endmacro %}

{#-
Whether an order's total in the source is what its lines and amounts say. Shops differ in what a total includes: prices with
or without tax, discount, shipping and tip, and what lines of the order give back.
-#}
{% macro order_reconciles() -%}
    {%- set totals = [] -%}
    {%- for discount in ("", " - discount") -%}
        {%- for tax in ("", " + tax") -%}
            {%- for more in ("", " + shipping", " + shipping + tip") -%}
                {%- for returned in ("", " - refund") -%}
                    {%- do totals.append("gross_revenue" ~ discount ~ tax ~ more ~ returned) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    (abs(received_revenue - ({{ totals | join(")) <= 0.01 or abs(received_revenue - (") }})) <= 0.01)
{%- endmacro %}
