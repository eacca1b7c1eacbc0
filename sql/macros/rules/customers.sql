{#- Rules about customers. -#}

{#-
A score from 1 to 5 by a value's rank among the rows of its group, 5 for the highest: the share of rows with no higher
value, in fifths, rounded up. Equal values share a score.
-#}
{% macro quintile(value, group) -%}
    cast(ceil(5 * cume_dist() over (partition by {{ group }} order by {{ value }})) as integer)
{%- endmacro %}
