{#- Rules about currencies: which row carries counts, and revenue in the reporting currency. -#}

{#-
A subquery: for each group, the currency whose row also carries the values without a currency, like counts of events, so
that these can be summed over rows. It is the default currency if the group has it, otherwise the first by code.
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
A subquery: the value of one unit of each currency in the reporting currency: `currency`, `valid_from`, `valid_to`
(exclusive; null for the latest), `rate`. A rate is valid until the next one. The reporting currency's rate is 1.
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

{#- A join condition: the row of reporting_rates() that is valid for a currency on a day. -#}
{% macro is_rate_of_day(rates, currency, day) -%}
    {{ rates }}.currency = {{ currency }}
    and {{ rates }}.valid_from <= {{ day }}
    and {{ day }} < coalesce({{ rates }}.valid_to, cast('9999-12-31' as date))
{%- endmacro %}

{#- The revenue columns, computed from summed movements and the exchange rate of their day. -#}
{% macro revenue_amounts(sums, rates) -%}
    {%- set net = sums ~ ".gross_revenue - " ~ sums ~ ".discount - " ~ sums ~ ".refund" -%}
    cast({{ sums }}.gross_revenue as {{ type_money() }}) as gross_revenue,
    cast({{ sums }}.discount as {{ type_money() }}) as discount,
    cast({{ sums }}.refund as {{ type_money() }}) as refund,
    cast({{ net }} as {{ type_money() }}) as net_revenue,
    cast(cast({{ net }} as {{ type_money() }}) * {{ rates }}.rate as {{ type_money() }}) as net_revenue_reporting
{%- endmacro %}
