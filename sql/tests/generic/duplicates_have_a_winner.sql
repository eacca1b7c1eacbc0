{#- Each row set aside as a duplicate is a duplicate of a row that stands: no record is lost between two days. -#}
{% test duplicates_have_a_winner(model) %}

{%- for source_name in source_facts() %}
{%- set staging_model, key, day = staged(source_name) %}
{{ "union all" if not loop.first }}
select source, event_date, landing_date, file_sha256, row_number, record_key, standing_date
from {{ model }} as tested
where
    {{ is_written() }}
    and source = '{{ source_name }}'
    and not exists (
        select 1
        from {{ ref(staging_model) }} as standing
        where standing.{{ key }} = tested.record_key and standing.{{ day }} = tested.standing_date
    )
{%- endfor %}

{% endtest %}
