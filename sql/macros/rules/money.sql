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
