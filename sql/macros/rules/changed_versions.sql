{#-
Days whose facts will refer to a different version of a user or product, because versions dated on the given days were
added, changed or removed. A changed version affects the days from its start to the start of the next version. A product's
first version also covers all earlier days. A refund uses the versions of its order, so the refund's day is included.
-#}
{% macro dates_of_changed_versions(source_name, days) -%}
    {%- set model, version_key, updated_date = staged(source_name) -%}
    {%- set entity, category, fact_table, fact_date = {
        "users": ("user", "''", previous("int_user_days"), "event_date"),
        "products": ("product", "category", previous("fct_order_items"), "order_date"),
    }[source_name] -%}
    {%- set known = previous(model) -%}
    {% if any_row("select 1 as one from " ~ fact_table ~ " as facts where not " ~ in_ranges(fact_date, days)) -%}
    select distinct facts.event_date
    from (
        select {{ entity }}_key, {{ fact_date }} as fact_date, {{ fact_date }} as event_date
        from {{ fact_table }} as dated
        {% if source_name == "products" -%}
        union all
        select product_key, order_date as fact_date, refund_date as event_date
        from {{ previous("fct_refunds") }} as refunded
        {%- endif %}
    ) as facts
    inner join (
        with

        arrived as (
            select {{ surrogate_key([entity ~ "_id"]) }} as entity_key, updated_at, {{ category }} as category
            from {{ raw_rows(source_name, days) }} as received
        ),

        standing as (
            select {{ entity }}_key as entity_key, updated_at, {{ category }} as category
            from {{ known }} as known
            where {{ in_ranges(updated_date, days) }}
        ),

        changed as (
            (select * from arrived except select * from standing)
            union
            (select * from standing except select * from arrived)
        ),

        timeline as (
            select entity_key, updated_at from arrived
            union
            select {{ entity }}_key as entity_key, updated_at from {{ known }} as known
        ),

        intervals as (
            select
                entity_key,
                updated_at,
                lag(updated_at) over (partition by entity_key order by updated_at) as previous_at,
                lead(updated_at) over (partition by entity_key order by updated_at) as next_at
            from timeline
        )

        select distinct
            intervals.entity_key,
            {% if source_name == "products" -%}
            case when intervals.previous_at is not null then {{ reporting_date("intervals.updated_at") }} end as first_date,
            {%- else -%}
            {{ reporting_date("intervals.updated_at") }} as first_date,
            {%- endif %}
            {{ reporting_date("intervals.next_at") }} as last_date
        from intervals
        inner join changed
            on changed.entity_key = intervals.entity_key and changed.updated_at = intervals.updated_at
    ) as affected
        on
            affected.entity_key = facts.{{ entity }}_key
            and facts.fact_date >= coalesce(affected.first_date, facts.fact_date)
            and facts.fact_date <= coalesce(affected.last_date, facts.fact_date)
    {%- else -%}
    {{ no_dates() }}
    {%- endif %}
{%- endmacro %}
