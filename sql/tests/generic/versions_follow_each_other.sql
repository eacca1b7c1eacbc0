{#-
The versions of an entity (SCD type 2) neither overlap nor leave a gap: each ends when the next begins; the last never
ends and is the only current one.
-#}
{% test versions_follow_each_other(model, entity, by="day") %}

with

versions as (
    select
        {{ entity }},
        valid_from,
        valid_to,
        is_current,
        lead(valid_from) over (partition by {{ entity }} order by valid_from) as next_valid_from
    from {{ model }} as tested
    where {{ is_written(by) }}
),

judged as (
    select
        *,
        {{ broken_rules({
            "valid_from is before valid_to": "valid_from < valid_to",
            "it ends when the next begins": "coalesce(valid_to = next_valid_from, valid_to is null and next_valid_from is null)",
            "the last version alone is current": "is_current = (next_valid_from is null)",
        }) }} as broken_rules
    from versions
)

select * from judged
where broken_rules <> ''

{% endtest %}
