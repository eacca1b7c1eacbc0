{#-
The accepted rows of a source, on the rebuilt days, that are duplicates. Of all rows with the same key, the one with the
greatest `updated` (see source_facts) is kept; ties go to the latest landed. The kept row may be on a day not rebuilt.
-#}
{% macro duplicates_of(source_name) -%}
    {%- set model, key, day = staged(source_name) -%}
    {%- set facts = source_facts()[source_name] -%}
    {%- set ranges = rebuilt_ranges() -%}
    with

    received as (
        select
            {{ record_key(source_name) }} as record_key,
            {{ user_key_of_row() if facts.has_user else "cast(null as bigint)" }} as user_key,
            {{ surrogate_key(facts.constant) if facts.constant else "cast(null as bigint)" }} as constant_key,
            event_date,
            {{ facts.updated }} as updated_at,
            landing_date,
            _file_sha256 as file_sha256,
            _row_number as row_number,
            0 as is_standing
        from {{ raw_rows(source_name, ranges) }} as received
    ),

    standing as (
        select
            {{ key }} as record_key,
            cast(null as bigint) as user_key,
            cast(null as bigint) as constant_key,
            {{ day }} as event_date,
            {{ facts.updated }} as updated_at,
            _landing_date as landing_date,
            _file_sha256 as file_sha256,
            _row_number as row_number,
            1 as is_standing
        from {{ previous(model) }} as staged
        where not {{ in_ranges(day, ranges) }} and {{ key }} in (select record_key from received)
    ),

    repeated as (
        select record_key from received
        group by record_key
        having count(*) > 1
        union
        select record_key from standing
    ),

    ranked as (
        select
            contest.*,
            row_number() over (best_first) as record_rank,
            first_value(event_date) over (best_first) as standing_date
        from (
            select * from received
            where record_key in (select record_key from repeated)
            union all
            select * from standing
        ) as contest
        window best_first as (
            partition by record_key order by updated_at desc, landing_date desc, file_sha256 desc, row_number desc
        )
    )

    select
        '{{ source_name }}' as source,
        event_date,
        landing_date,
        file_sha256,
        row_number,
        record_key,
        user_key,
        constant_key,
        standing_date
    from ranked
    where record_rank > 1 and is_standing = 0
{%- endmacro %}
