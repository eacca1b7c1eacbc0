{#- Rules about amounts of money. -#}

{% macro type_money() -%}
    numeric(28, 4)
{%- endmacro %}

{#-
A line's part of an order's amount: what falls on all lines up to it, less what falls on the lines before. Where the
order has no value, its last line takes all.
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
Rounded half up, in doubles that hold whole numbers: engines round decimals out of doubles differently. What is too
large to be exact in a double is the last line's alone.
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
The carrier of each group of a relation's rows: the currency whose row also holds what has no currency, like counts of
events, so that these add up over rows. It is the default currency if the group has it, else the first by code.
-#}
{% macro carriers(relation, group) -%}
    (
        select
            {{ group }},
            coalesce(
                max(case when currency = {{ setting_default_currency() }} then currency end), min(currency)
            ) as currency
        from {{ relation }}
        group by {{ group }}
    )
{%- endmacro %}

{#-
What a unit of each currency is worth in the reporting currency, and when: `currency`, `valid_from`, `valid_to`
(exclusive; null for the latest), `rate`. A rate holds until the next; the reporting currency itself is always worth 1.
-#}
{% macro reporting_rates() -%}
    (
        select
            currency,
            rate_date as valid_from,
            lead(rate_date) over (partition by currency order by rate_date) as valid_to,
            rate
        from {{ source("audit", "rates_file") }}
        where currency <> {{ setting_reporting_currency() }}
        union all
        select
            {{ setting_reporting_currency() }} as currency,
            cast('1900-01-01' as date) as valid_from,
            cast(null as date) as valid_to,
            cast(1 as numeric(28, 12)) as rate
    )
{%- endmacro %}

{#- A join's condition: the rate of reporting_rates() that holds for a row's currency on its day. -#}
{% macro is_rate_of_day(rates, currency, day) -%}
    {{ rates }}.currency = {{ currency }}
    and {{ rates }}.valid_from <= {{ day }}
    and {{ day }} < coalesce({{ rates }}.valid_to, cast('9999-12-31' as date))
{%- endmacro %}

{#- The columns of revenue, out of the sums of movements and the rate of their day. -#}
{% macro revenue_amounts(sums, rates) -%}
    {%- set net = sums ~ ".gross_revenue - " ~ sums ~ ".discount - " ~ sums ~ ".refund" -%}
    cast({{ sums }}.gross_revenue as {{ type_money() }}) as gross_revenue,
    cast({{ sums }}.discount as {{ type_money() }}) as discount,
    cast({{ sums }}.refund as {{ type_money() }}) as refund,
    cast({{ net }} as {{ type_money() }}) as net_revenue,
    cast(cast({{ net }} as {{ type_money() }}) * {{ rates }}.rate as {{ type_money() }}) as net_revenue_reporting
{%- endmacro %}
