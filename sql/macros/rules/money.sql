{#- Rules about amounts of money. -#}

{% macro type_money() -%}
    numeric(28, 4)
{%- endmacro %}

{#-
A line's part of an order's amount: what falls on all lines up to it, less what falls on the lines before. Where the order
has no value, its last line takes all.
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

{% macro rounded_part(amount, part, whole) -%}
    case
        when {{ part }} = {{ whole }} then {{ amount }}
        else cast({{ amount }} * cast({{ part }} as {{ type_double() }}) / {{ whole }} as {{ type_money() }})
    end
{%- endmacro %}

{#-
What the sales of a relation of orders or order lines booked on the rebuilt days, with some of its columns: gross and
discount on the day of the order; a refund on the day on which it happened, once, whatever day the order is of.
-#}
{% macro booked_movements(relation, columns, units) -%}
    (
        select
            order_date as revenue_date, {{ columns | join(", ") }}, order_key,
            {{ units }} as units,
            gross_revenue,
            discount,
            0 as refund
        from {{ relation }}
        where is_sale and {{ rebuilt("order_date") }}
        union all
        select
            refund_date as revenue_date, {{ columns | join(", ") }}, cast(null as bigint) as order_key,
            0 as units,
            0 as gross_revenue,
            0 as discount,
            refund
        from {{ relation }}
        where is_sale and refund > 0 and {{ rebuilt("refund_date") }}
    )
{%- endmacro %}

{#-
Of a group's currencies the one whose row carries what has no currency, like counts of events, so that they add up over
rows: the default currency where it is among them, else the first by code; null without any.
-#}
{% macro carrying_currency(currency) -%}
    coalesce(max(case when {{ currency }} = {{ setting_default_currency() }} then {{ currency }} end), min({{ currency }}))
{%- endmacro %}
