{#-
Every row has a value in each required column and obeys each rule: a map from the rule's words to its condition, which
an unknown value does not break. One scan, whatever their number. `shown`: more columns that a failing row shows.
-#}
{% test rows_hold(model, required=[], rules={}, by="day", shown=[]) %}

{%- set every_rule = {} -%}
{%- for column in required -%}
    {%- do every_rule.update({column ~ " has a value": column ~ " is not null"}) -%}
{%- endfor -%}
{%- do every_rule.update(rules) %}

select
    {{ (shown + [row_name()]) | join(", ") }},
    {{ broken_rules(every_rule) }} as broken_rules
from {{ model }} as tested
where {{ is_written(by) }} and not (coalesce(({{ every_rule.values() | join("), true) and coalesce((") }}), true))

{% endtest %}
