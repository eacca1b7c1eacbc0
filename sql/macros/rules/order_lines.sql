{#- Rules about the lines of orders. -#}

{#- The type of a quantity: pieces, or kilograms and the like. -#}
{% macro type_quantity() -%}
    numeric(18, 4)
{%- endmacro %}

{#- The product of a line without one, as contracts have it (`NO_PRODUCT`). -#}
{% macro no_product() -%}
    '(not set)'
{%- endmacro %}

{#- Whether a line gives back instead of selling: its quantity, price or amount is negative. -#}
{% macro line_is_return() -%}
    (quantity < 0 or coalesce(unit_price < 0, false) or coalesce(amount < 0, false))
{%- endmacro %}

{#- The price of one unit of a line; where the line has an amount of its own, that one's part, rounded to 4 decimals. -#}
{% macro price_of_one_unit() -%}
    cast(
        case
            when amount is null or quantity = 0 then abs(coalesce(unit_price, 0))
            else {{ rounded_part("abs(amount)", "1", "abs(quantity)") }}
        end as numeric(18, 4)
    )
{%- endmacro %}
