{#- A duplicate differs from the row that stands in what never changes: one key names two things, and one is not counted. -#}
{% test duplicates_agree(model) %}

{%- set constant = [] %}
{%- for source_name, facts in source_facts().items() if facts.constant %}
    {%- do constant.append((source_name, surrogate_key(facts.constant), staged(source_name))) %}
{%- endfor %}
{%- for source_name, constant_key, names in constant %}
{%- set staging_model, key, day = names %}
{{ "union all" if not loop.first }}
select duplicate.*
from (
    select source, landing_date, file_sha256, row_number, record_key, standing_date, constant_key as given_key
    from {{ model }}
    where {{ is_written() }} and source = '{{ source_name }}'
) as duplicate
inner join {{ ref(staging_model) }} as standing
    on standing.{{ key }} = duplicate.record_key and standing.{{ day }} = duplicate.standing_date
where given_key <> {{ constant_key }}
{%- endfor %}

{% endtest %}
