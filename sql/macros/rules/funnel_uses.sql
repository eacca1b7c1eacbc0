{#-
How many events of each type a path has used at its current time, as text with two digits per event type of the funnel:
'0100' means one event of the first type and none of the second.
-#}
{% macro one_used(type_number, type_count) -%}
    repeat('00', {{ type_number }} - 1) || '01' || repeat('00', {{ type_count }} - {{ type_number }})
{%- endmacro %}

{% macro times_used(used, type_number) -%}
    cast(substr({{ used }}, 2 * {{ type_number }} - 1, 2) as integer)
{%- endmacro %}

{% macro one_more_used(used, type_number) -%}
    substr({{ used }}, 1, 2 * {{ type_number }} - 2)
    || lpad(cast({{ times_used(used, type_number) }} + 1 as {{ type_string() }}), 2, '0')
    || substr({{ used }}, 2 * {{ type_number }} + 1)
{%- endmacro %}

{#- Microseconds from the previous step to this one; null for the first. -#}
{% macro micros_from_previous(step, entered) -%}
    case {{ step }}
    {%- for number in range(2, funnel_bounds()[0] + 1) %}
        when {{ number }} then reached_{{ number }} - {{ entered if number == 2 else "reached_" ~ (number - 1) }}
    {%- endfor %}
    end
{%- endmacro %}
