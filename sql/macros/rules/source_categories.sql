{#-
A subquery: the categories of a relation's traffic sources (`traffic_source`, `category`). A source in the list stands also
for its sub-domains, `name.*` for the host of that name in every country; of several that fit, the longest counts.
-#}
{% macro source_categories(relation) -%}
    (
        select traffic_source, category
        from (
            select
                forms.traffic_source,
                known.category,
                row_number() over (partition by forms.traffic_source order by forms.place) as form_rank
            from (
                select
                    traffic_source,
                    place,
                    case place
                        when 1 then traffic_source
                        {% for place, labels in ((2, 4), (3, 3), (4, 2)) -%}
                        when {{ place }} then {{ first_group("traffic_source", "([^.]+([.][^.]+){" ~ (labels - 1) ~ "})$") }}
                        {% endfor -%}
                        when 5
                            then {{ first_group("traffic_source", "([^.]+)[.](com?[.][a-z]{2}|[a-z]{2}|com|net|org)$") }} || '.*'
                    end as form
                from (select distinct traffic_source from {{ relation }} where traffic_source is not null) as sources
                cross join (values (1), (2), (3), (4), (5)) as places (place)
            ) as forms
            inner join {{ ref("channel_sources") }} as known on known.traffic_source = forms.form
        ) as ranked
        where form_rank = 1
    )
{%- endmacro %}
