{#-
The model's amounts (`sums`, a map from a name to an expression) add up, in each group (`by`, columns), to what `others`
say. Each of them names its relation `rows` and that one's date column `day`; where they differ from the model's, its own `by`
and `sums` as lists in the same order; and `where`. A failing row holds the model's amounts less the others'.
-#}
{% test sums_agree(model, by, sums, others) %}

{%- set names = sums.keys() | list -%}
{%- set meta = tested_meta() %}

with

movements as (
    select
        {{ by | join(", ") }},
        {% for name in names %}{{ sums[name] }} as {{ name }}{{ ", " if not loop.last }}{% endfor %}
    from {{ model }} as tested
    where {{ is_written() }}
    {%- for other in others %}
    union all
    select
        {% for column in by %}{{ other.get("by", by)[loop.index0] }} as {{ column }}, {% endfor %}
        {% for name in names -%}
        -({{ other.get("sums", sums.values() | list)[loop.index0] }}) as {{ name }}{{ ", " if not loop.last }}
        {%- endfor %}
    from {{ other.rows }} as other
    where
        {{ rebuilt(other.day, meta.get("written_before", 0), meta.get("written_after", 0)) }}
        and {{ other.get("where", "1 = 1") }}
    {%- endfor %}
)

select
    {{ by | join(", ") }},
    {% for name in names %}sum({{ name }}) as {{ name }}_too_many{{ ", " if not loop.last }}{% endfor %}
from movements
group by {{ by | join(", ") }}
having {% for name in names %}sum({{ name }}) <> 0{{ " or " if not loop.last }}{% endfor %}

{% endtest %}
