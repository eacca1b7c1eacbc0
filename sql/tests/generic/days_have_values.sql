{#- A day with many rows has a value of the column in at least one of them: else the source probably uses another name. -#}
{% test days_have_values(model, column_name, many=20) %}

{%- set day = model_meta().get("date_column") %}

select
    {{ day }},
    '{{ column_name }} has no value in ' || cast(count(*) as {{ type_string() }}) || ' rows' as broken_rules
from {{ model }} as tested
where {{ is_written() }}
group by {{ day }}
having count(*) >= {{ many }} and count({{ column_name }}) = 0

{% endtest %}
