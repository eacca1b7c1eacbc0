{#- Conservation: on each rebuilt day a source's accepted rows are the rows staged and the duplicates set aside. -#}
{% test accepted_rows_are_kept(model, source_name) %}

{%- set day = staged(source_name)[2] %}

with

counted as (
    select event_date, rows_accepted, 0 as rows_staged, 0 as rows_duplicate
    from {{ accepted_rows(source_name, rebuilt_ranges()) }} as accepted
    union all
    select {{ day }} as event_date, 0 as rows_accepted, 1 as rows_staged, 0 as rows_duplicate
    from {{ model }} as tested
    where {{ rebuilt(day) }}
    union all
    select event_date, 0 as rows_accepted, 0 as rows_staged, 1 as rows_duplicate
    from {{ ref("stg_duplicates") }}
    where source = '{{ source_name }}' and {{ rebuilt("event_date") }}
)

select
    event_date,
    sum(rows_accepted) as rows_accepted,
    sum(rows_staged) as rows_staged,
    sum(rows_duplicate) as rows_duplicate
from counted
group by event_date
having sum(rows_accepted) <> sum(rows_staged) + sum(rows_duplicate)

{% endtest %}
