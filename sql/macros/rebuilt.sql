{#-
Which days a run builds. The orchestrator asks for days (environment variable USER_ACTIVITY_DATES); the model
`rebuilt_dates` widens them by whatever depends on them; every dated model rebuilds exactly these, as literals, so that
engines can prune partitions. Runs that build at the same time have each a plan of its own.
-#}

{#- The run that builds, as a literal. -#}
{% macro this_run() -%}
    '{{ env_var("USER_ACTIVITY_RUN_ID", "") }}'
{%- endmacro %}

{#- Of a plan: the run's own rows, and those of runs that are over; what other runs at work have planned stays. -#}
{% macro replaces_own_plan() -%}
    {%- set others = env_var("USER_ACTIVITY_OTHER_RUN_IDS", "").split(",") | select | list -%}
    {{ "(run_id is null or run_id not in ('" ~ others | join("', '") ~ "'))" if others else "1 = 1" }}
{%- endmacro %}

{#-
What a plan ends with, in its own transaction: the planned days are noted as begun, and stale until their run has come to its
end. Otherwise a build that is killed would go unnoticed where the lake returns to what the days were built from before.
Where no day is stale a build repeats what is there, and nothing is noted.
-#}
{% macro begin_rebuild() -%}
    {%- set built = source("audit", "built_dates") -%}
    {%- set plan = "(select event_date from " ~ this ~ " where run_id = " ~ this_run() ~ ")" -%}
    {%- if env_var("USER_ACTIVITY_ANYTHING_STALE", "") -%}
    update {{ built }} set is_finished = false, run_id = {{ this_run() }} where event_date in {{ plan }};
    insert into {{ built }} (event_date, run_id, is_finished)
    select event_date, {{ this_run() }}, false
    from {{ plan }} as planned
    where event_date not in (select event_date from {{ built }})
    {%- endif -%}
{%- endmacro %}

{#- The days asked for, as (first, last) pairs of ISO dates; empty means every day that has landed. -#}
{% macro asked_ranges() -%}
    {%- set ranges = [] -%}
    {%- for part in env_var("USER_ACTIVITY_DATES", "").split(",") if part.strip() -%}
        {%- set ends = part.strip().split("..") -%}
        {%- do ranges.append((ends[0], ends[-1])) -%}
    {%- endfor -%}
    {{ return(ranges) }}
{%- endmacro %}

{#- The days that rebuilt_dates holds, as (first, last) pairs of dates without gaps. -#}
{% macro rebuilt_ranges() -%}
    {%- set relation = ref("rebuilt_dates") -%}
    {%- set ranges = [] -%}
    {%- if execute -%}
        {%- set planned -%}
            select min(event_date), max(event_date)
            from (
                select event_date, event_date - cast(row_number() over (order by event_date) as integer) as gap
                from (select distinct event_date from {{ relation }} where run_id = {{ this_run() }}) as days
            ) as numbered
            group by gap
            order by 1
        {%- endset -%}
        {%- for first, last in asked_once(planned, shared=true).rows -%}
            {%- do ranges.append((first, last)) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(ranges) }}
{%- endmacro %}

{#- A condition: the column lies in one of the ranges, each widened by days before and after. False without a range. -#}
{% macro in_ranges(column, ranges, before=0, after=0) -%}
    {%- set tests = [] -%}
    {%- for first, last in ranges -%}
        {%- set low = (first if first is string else first.isoformat())[:10] -%}
        {%- set high = (last if last is string else last.isoformat())[:10] -%}
        {%- set low = (modules.datetime.date.fromisoformat(low) - modules.datetime.timedelta(days=before)).isoformat() -%}
        {%- set high = (modules.datetime.date.fromisoformat(high) + modules.datetime.timedelta(days=after)).isoformat() -%}
        {%- do tests.append(column ~ " between cast('" ~ low ~ "' as date) and cast('" ~ high ~ "' as date)") -%}
    {%- endfor -%}
    ({{ tests | join(" or ") if tests else "1 = 0" }})
{%- endmacro %}

{#- A condition: the column is a day that this run rebuilds, or lies up to some days before or after one. -#}
{% macro rebuilt(column, before=0, after=0) -%}
    {{ in_ranges(column, rebuilt_ranges(), before, after) }}
{%- endmacro %}

{#- A model of the project, as dbt has parsed it. -#}
{% macro model_node(name) -%}
    {{ return(graph.nodes["model." ~ project_name ~ "." ~ name]) }}
{%- endmacro %}

{#-
A condition: the column is a day that the model, or the model under test, writes: a rebuilt day, or one of as many
before and after as its meta says (`written_before`, `written_after`); widened by further days before and after.
-#}
{% macro written(column, before=0, after=0) -%}
    {%- set meta = model_meta() -%}
    {{ rebuilt(column, meta.get("written_before", 0) + before, meta.get("written_after", 0) + after) }}
{%- endmacro %}

{#-
A relation: a table as the last run left it, for what must be known before it is rebuilt. It has the columns that its .yml
describes today, whatever shape the table has: null where it lacks one, and without rows where it was never built. A plan
looks up only tables whose meta says `read_by_plan`: no other run may plan before they are written.
-#}
{% macro previous(name) -%}
    {%- if not execute -%}{{ return(name) }}{%- endif -%}
    {%- set node = model_node(name) -%}
    {%- if model.name != name and not node.config.meta.read_by_plan -%}
        {{ exceptions.raise_compiler_error(model.name ~ " looks up " ~ name ~ ", whose meta must say read_by_plan") }}
    {%- endif -%}
    {%- set relation = api.Relation.create(database=target.database, schema=node.schema, identifier=name) -%}
    {%- set standing = standing_columns().get(node.schema ~ "." ~ name, []) -%}
    {%- set columns = [] -%}
    {%- for column in node.columns.values() -%}
        {%- set missing = "cast(null as " ~ column.data_type ~ ") as " ~ column.name -%}
        {%- do columns.append(column.name if column.name in standing else missing) -%}
    {%- endfor -%}
    {{ return("(select " ~ columns | join(", ") ~ (" from " ~ relation if standing else " where 1 = 0") ~ ")") }}
{%- endmacro %}

{#- The columns of every table and view as this invocation found them: lists of names, by "schema.table". -#}
{% macro standing_columns() -%}
    {%- set columns = {} -%}
    {%- for row in asked_once(
        "select table_schema || '.' || table_name, string_agg(cast(column_name as varchar), ' ')"
        ~ " from information_schema.columns group by 1",
        shared=true
    ).rows -%}
        {%- do columns.update({row[0]: row[1].split(" ")}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
