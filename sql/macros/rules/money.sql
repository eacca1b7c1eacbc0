{#- Rules about amounts of money. -#}

{% macro type_money() -%}
    numeric(28, 4)
{%- endmacro %}

{#-
A line's share of an order's amount: the rounded share of all lines up to it minus that of the lines before it, so that
the lines add up exactly. If the order's value is 0, its last line gets the whole amount.
-#}
{% macro share_of_order(amount) -%}
    cast(
        case
            when shares.value_in_all = 0 then case when shares.is_last then {{ amount }} else 0 end
            else
                {{ rounded_part(amount, "shares.value_so_far", "shares.value_in_all") }}
                - {{ rounded_part(amount, "shares.value_before", "shares.value_in_all") }}
        end as {{ type_money() }}
    )
{%- endmacro %}

{#-
A part of an amount, rounded half up to 4 decimals. It is computed with whole numbers in doubles, because engines round
doubles to decimals differently. Amounts too large to be exact in a double go to the last line alone.
-#}
{% macro rounded_part(amount, part, whole) -%}
    case
        when {{ part }} = {{ whole }} then {{ amount }}
        when greatest({{ amount }}, {{ whole }}) >= 100000000000 then 0
        else
            cast(
                floor({{ ten_thousandths(amount) }} * {{ ten_thousandths(part) }} / {{ ten_thousandths(whole) }} + 0.5)
                as bigint
            )
            * cast(0.0001 as numeric(4, 4))
    end
{%- endmacro %}

{% macro ten_thousandths(amount) -%}
    cast(cast({{ amount }} * 10000 as bigint) as {{ type_double() }})
{%- endmacro %}

{#-
A subquery: the revenue movements of orders or order lines (`sales`) on the rebuilt days, with the given columns. Gross
revenue and discount are booked on the day of the order, a refund on the day of the refund.
-#}
{% macro booked_movements(sales, columns, units) -%}
    (
        select
            order_date as revenue_date, {{ columns | join(", ") }}, order_key,
            {{ units }} as units,
            0 as returned_units,
            gross_revenue,
            discount,
            0 as refund
        from {{ sales }}
        where is_sale and {{ rebuilt("order_date") }}
        union all
        select
            refund_date as revenue_date, {{ columns | join(", ") }}, cast(null as bigint) as order_key,
            0 as units,
            returned_quantity as returned_units,
            0 as gross_revenue,
            0 as discount,
            refund
        from {{ ref("fct_refunds") }}
        where is_counted and {{ rebuilt("refund_date") }}
    )
{%- endmacro %}
