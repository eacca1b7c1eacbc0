{#- Rules about orders that more than one model needs. -#}

{#- When an order was refunded: what the source says, else when it was last updated to a refunded state; else null. -#}
{% macro order_refunded_at() -%}
    case
        when refund > 0 or status in ('refunded', 'partially_refunded', 'returned') then coalesce(refunded_at, updated_at)
    end
{%- endmacro %}

{#- Whether an order counts as a sale: a cancelled or failed one never does. -#}
{% macro order_is_sale() -%}
    status not in ('cancelled', 'failed')
{%- endmacro %}
