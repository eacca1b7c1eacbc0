{#- Every row has its key (the model's `meta.key`), and no other row has it, on whatever day that one lies. -#}
{% test key_is_unique(model, by="day") %}

{%- set key = tested_meta().get("key", ["1"]) -%}
{%- set day = tested_meta().get("date_column") %}

with

written as (
    select {{ row_name() }} from {{ model }} as tested
    where {{ is_written(by) }}
),

repeated as (
    select {{ key | join(", ") }}, count(*) as row_count
    from written
    group by {{ key | join(", ") }}
    having count(*) > 1 or {{ key | join(" is null or ") }} is null
)

select {{ key | join(", ") }}, cast(row_count as {{ type_string() }}) || ' rows' as broken_rule
from repeated
{% if day and day not in key and by == "day" %}
union all
select {{ key | join(", ") }}, 'also on a day that was not rebuilt: ' || cast({{ day }} as {{ type_string() }}) as broken_rule
from {{ model }} as tested
where not {{ is_written(by) }} and {{ key[0] }} in (select {{ key[0] }} from written)
{% endif %}

{% endtest %}
