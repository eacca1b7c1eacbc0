{#-
What a row points at is there, where it points at anything. Each of `references` names a `column`, the relation `to` and
its `field`; also `days`, the relation's date column, where what is pointed at is a session: it starts on a rebuilt day or
as many days before as an event of it, and an order after that event, can be.
-#}
{% test references_exist(model, references) %}

{%- for reference in references %}
{{ "union all" if not loop.first }}
select
    {{ row_name() }},
    '{{ reference.column }} ' || cast({{ reference.column }} as {{ type_string() }})
    || ' is not in {{ reference.to.identifier }}' as broken_rules
from {{ model }} as tested
where
    {{ is_written() }}
    and {{ reference.column }} is not null
    and not exists (
        select 1
        from {{ reference.to }} as parents
        where
            parents.{{ reference.field }} = tested.{{ reference.column }}
            {% if "days" in reference -%}
            and {{ rebuilt("parents." ~ reference.days, before=2 * session_reach_days()) }}
            {%- endif %}
    )
{%- endfor %}

{% endtest %}
