{#- Rules about customers. -#}

{#-
A score from 1 to 5 (highest) by a value's rank within its group: the share of rows with the same or a lower value, times
5, rounded up. Equal values get the same score.
-#}
{% macro quintile(value, group) -%}
    cast(ceil(5 * cume_dist() over (partition by {{ group }} order by {{ value }})) as integer)
{%- endmacro %}
