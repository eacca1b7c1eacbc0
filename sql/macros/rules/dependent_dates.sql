{#-
The rules behind `rebuilt_dates`: which other days depend on the rows of the days that change. They compare what has
landed with the tables as the last run left them, so that an empty warehouse needs none of them.
-#}

{% macro no_dates() -%}
    select event_date from asked where 1 = 0
{%- endmacro %}

{#- Whether a query returns any row: guards that keep a rule from reading what cannot matter. -#}
{% macro any_row(query) -%}
    {{ return(execute and run_query("select 1 as found from (" ~ query ~ ") as candidates limit 1").rows | length > 0) }}
{%- endmacro %}

{#-
Ranges of other days on which a record stands, or stood aside, whose key has landed or stands on one of the days.
An event, order or review that is sent again with another time moves from one day to another.
-#}
{% macro ranges_of_moved_records(days) -%}
    {%- set queries = [] -%}
    {%- for source_name, facts in source_facts().items() if not facts.is_version -%}
        {%- set model, key, day = staged(source_name) -%}
        {%- set standing = previous("staging", model) -%}
        {%- set is_other_day = "not " ~ in_ranges(day, days) -%}
        {%- if standing and any_row("select 1 as one from " ~ standing ~ " where " ~ is_other_day) -%}
            {%- do queries.append(
                "select distinct " ~ day ~ " as event_date from " ~ standing ~ " where " ~ is_other_day ~ " and " ~ key
                ~ " in (select " ~ record_key(source_name) ~ " from " ~ raw_rows(source_name, days) ~ " as received)"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set aside = previous("staging", "stg_duplicates") -%}
    {%- if aside -%}
        {%- do queries.append(
            "select distinct event_date from " ~ aside
            ~ " where " ~ in_ranges("standing_date", days) ~ " and not " ~ in_ranges("event_date", days)
        ) -%}
    {%- endif -%}
    {%- set ranges = [] -%}
    {%- if execute and queries -%}
        {%- for day in run_query(queries | join(" union ")).columns[0].values() -%}
            {%- do ranges.append((day, day)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(ranges) }}
{%- endmacro %}

{#- Days on which orders of these days were refunded: as they stood, and as they have landed now. -#}
{% macro dates_of_refunds(days) -%}
    {%- set standing = previous("staging", "stg_orders") -%}
    {% if standing -%}
    select refund_date as event_date from {{ standing }} where {{ in_ranges("order_date", days) }}
    union
    {% endif -%}
    select {{ reporting_date(order_refunded_at()) }} as event_date from {{ raw_rows("orders", days) }} as received
{%- endmacro %}

{#-
Days whose facts point at another version of a user or product once the versions of these days have landed: from a
changed version's start to the start of the next. A product's first version also covers the time before it.
-#}
{% macro dates_of_changed_versions(source_name, days) -%}
    {%- set model, version_key, updated_date = staged(source_name) -%}
    {%- set entity, category, fact_table, fact_date = {
        "users": ("user", "''", previous("intermediate", "int_user_days"), "event_date"),
        "products": ("product", "category", previous("marts", "fct_order_items"), "order_date"),
    }[source_name] -%}
    {%- set known = previous("staging", model) -%}
    {% if known and fact_table and any_row("select 1 as one from " ~ fact_table ~ " where not " ~ in_ranges(fact_date, days)) -%}
    select distinct facts.{{ fact_date }} as event_date
    from {{ fact_table }} as facts
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
            and facts.{{ fact_date }} >= coalesce(affected.first_date, facts.{{ fact_date }})
            and facts.{{ fact_date }} <= coalesce(affected.last_date, facts.{{ fact_date }})
    {%- else -%}
    {{ no_dates() }}
    {%- endif %}
{%- endmacro %}

{#-
Later days that a chain of these days reaches, or would reach with what has landed now. A chain is activity without a
gap that ends a session; nothing behind its end can change.
-#}
{% macro dates_of_continued_sessions(days) -%}
    {%- set standing = previous("intermediate", "int_event_sessions") -%}
    {%- set is_next_day = in_ranges(add_days("event_date", -1), days) ~ " and not " ~ in_ranges("event_date", days) -%}
    {% if standing and any_row("select 1 as one from " ~ standing ~ " where " ~ is_next_day) -%}
    select distinct later.event_date
    from {{ standing }} as later
    inner join (
        with

        activity as (
            select user_key, coalesce(session_id, '') as session_id, event_date, event_at
            from {{ standing }} as standing
            where {{ in_ranges("event_date", days) }}
            union all
            select {{ surrogate_key(["user_id"]) }} as user_key, coalesce(session_id, '') as session_id, event_date, event_at
            from {{ raw_rows("events", days) }} as received
        ),

        last_activity as (
            select user_key, session_id, event_date, max(event_at) as last_event_at
            from activity
            group by user_key, session_id, event_date
        ),

        next_days as (
            select * from {{ standing }} as standing where {{ is_next_day }}
        )

        select distinct next_days.user_key, coalesce(next_days.session_id, '') as session_id, next_days.chain_started_at
        from next_days
        inner join last_activity
            on
                last_activity.user_key = next_days.user_key
                and last_activity.session_id = coalesce(next_days.session_id, '')
                and last_activity.event_date = {{ add_days("next_days.event_date", -1) }}
        where
            {{ seconds_between("last_activity.last_event_at", "next_days.event_at") }}
            <= {{ session_gap_seconds("next_days.session_id") }}
    ) as chains
        on
            chains.user_key = later.user_key
            and chains.session_id = coalesce(later.session_id, '')
            and chains.chain_started_at = later.chain_started_at
    where not {{ in_ranges("later.event_date", days) }}
    {%- else -%}
    {{ no_dates() }}
    {%- endif %}
{%- endmacro %}
