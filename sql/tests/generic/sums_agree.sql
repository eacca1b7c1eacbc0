{#-
The model's amounts (`sums`, a map from a name to an expression) add up, in each group (`by`, columns), to what `others`
say. Each of them names its relation `rows` and that one's date column `day` (without: all its rows count); where they
differ from the model's, its own `by` and `sums` as lists in the same order; and `where`. A model that is written by
user (`written_by`) is compared over the users that the run touched. A failing row holds the model's amounts less the
others'.
-#}
{% test sums_agree(model, by, sums, others, written_by="day") %}

{%- set ours, totals, differences = [], [], [] -%}
{%- for name, expression in sums.items() -%}
    {%- do ours.append(expression ~ " as " ~ name) -%}
    {%- do totals.append("sum(" ~ name ~ ") as " ~ name ~ "_too_many") -%}
    {%- do differences.append("sum(" ~ name ~ ") <> 0") -%}
{%- endfor %}

with

movements as (
    select {{ by | join(", ") }}, {{ ours | join(", ") }}
    from {{ model }} as tested
    where {{ is_written(written_by) }}
    {% for other in others -%}
    union all
    select {{ other.get("by", by) | join(", ") }}, -({{ other.get("sums", sums.values()) | join("), -(") }})
    from {{ other.rows }} as other
    where
        {% if written_by == "user" -%}
        {{ is_written("user") }}
        {%- elif "day" in other -%}
        {{ written(other.day) }}
        {%- else -%}
        1 = 1
        {%- endif %}
        and ({{ other.get("where", "1 = 1") }})
    {% endfor %}
)

select {{ by | join(", ") }}, {{ totals | join(", ") }}
from movements
group by {{ by | join(", ") }}
having {{ differences | join(" or ") }}

{% endtest %}
