{#- Every row has its key (the model's `meta.key`), and no other row has it, on whatever day that one lies. -#}
{% test key_is_unique(model, by="day") %}

{%- set key = model_meta().get("key", ["1"]) -%}
{%- set day = model_meta().get("date_column") -%}
{%- set day_is_apart = day and day not in key and by == "day" %}

with

written as (
    select {{ row_name() }} from {{ model }} as tested
    where {{ is_written(by) }}
)

select
    {{ key | join(", ") }},
    {% if day_is_apart %}min({{ day }}) as {{ day }},{% endif %}
    'the key is missing or in ' || cast(count(*) as {{ type_string() }}) || ' rows' as broken_rules
from written
group by {{ key | join(", ") }}
having count(*) > 1 or {{ key | join(" is null or ") }} is null
{% if day_is_apart -%}
union all
select {{ key | join(", ") }}, {{ day }}, 'the key is on a rebuilt day too' as broken_rules
from {{ model }} as tested
where
    not {{ is_written(by) }}
    and exists (
        select 1 from written
        where {% for column in key %}written.{{ column }} = tested.{{ column }}{{ " and " if not loop.last }}{% endfor %}
    )
{%- endif %}

{% endtest %}
