{#- Rules about orders that several models use. -#}

{#- When an order was refunded: `refunded_at` if the source has it, otherwise `updated_at`. Null if it was not refunded. -#}
{% macro order_refunded_at() -%}
    case
        when refund > 0 or status in ('refunded', 'partially_refunded', 'returned') then coalesce(refunded_at, updated_at)
    end
{%- endmacro %}

{#- Whether an order counts as a sale: every order that is not cancelled or failed. -#}
{% macro order_is_sale() -%}
    status not in ('cancelled', 'failed')
{%- endmacro %}
