{#-
Which days a run rebuilds. Dagster requests days (environment variable USER_ACTIVITY_DATES). The model `rebuilt_dates`
adds the days that depend on them. Every dated model rebuilds exactly these days; they are literals in its SQL, so engines
can prune partitions. Each of several concurrent runs has its own plan (its rows in `rebuilt_dates`).
-#}

{#-
Whether SQL is rendered once for all runs. It then has marks in place of the rebuilt days, which each run replaces
(user_activity/orchestration/dbt/prepared.py), and nothing else in it may depend on a run.
-#}
{% macro is_for_any_run() -%}
    {{ return(env_var("USER_ACTIVITY_FOR_ANY_RUN", "") != "") }}
{%- endmacro %}

{#- The id of this run, as a literal. -#}
{% macro this_run() -%}
    '{{ env_var("USER_ACTIVITY_RUN_ID", "") }}'
{%- endmacro %}

{#- A condition for `replaces`: the plan rows of this run and of ended runs. Those of other runs in progress are kept. -#}
{% macro replaces_own_plan() -%}
    {%- set others = env_var("USER_ACTIVITY_OTHER_RUN_IDS", "").split(",") | select | list -%}
    {{ "(run_id is null or run_id not in ('" ~ others | join("', '") ~ "'))" if others else "1 = 1" }}
{%- endmacro %}

{#-
The last statements of a plan, in its transaction: they mark the planned days as unfinished, which makes them stale until
their run has finished. Without this, a killed build would go unnoticed if the lake then returned to the state that the
days were built from before. A new day is marked as built from no row: so it is, if the run was not asked for it and no row
of it has landed. If no day is stale, the build only repeats what exists, and nothing is marked.
-#}
{% macro begin_rebuild() -%}
    {%- set built = source("audit", "built_dates") -%}
    {%- set plan = "(select event_date from " ~ this ~ " where run_id = " ~ this_run() ~ ")" -%}
    {%- if env_var("USER_ACTIVITY_ANYTHING_STALE", "") -%}
    update {{ built }} set is_finished = false, run_id = {{ this_run() }} where event_date in {{ plan }};
    insert into {{ built }} (event_date, state, run_id, is_finished)
    select event_date, '', {{ this_run() }}, false
    from {{ plan }} as planned
    where event_date not in (select event_date from {{ built }})
    {%- endif -%}
{%- endmacro %}

{#- The requested days as (first, last) pairs of ISO dates; empty means every day with landed rows. -#}
{% macro asked_ranges() -%}
    {%- set ranges = [] -%}
    {%- for part in env_var("USER_ACTIVITY_DATES", "").split(",") if part.strip() -%}
        {%- set ends = part.strip().split("..") -%}
        {%- do ranges.append((ends[0], ends[-1])) -%}
    {%- endfor -%}
    {{ return(ranges) }}
{%- endmacro %}

{#-
This run's days in rebuilt_dates, as (first, last) pairs of dates: one pair per stretch of consecutive days. In SQL for all
runs a text that only `in_ranges` accepts: a macro that calculates with the pairs fails, and its SQL is rendered per run.
-#}
{% macro rebuilt_ranges() -%}
    {%- if is_for_any_run() -%}{{ return("rebuilt") }}{%- endif -%}
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

{#- A condition: the column is in one of the ranges, each extended by days before and after. Always false without ranges. -#}
{% macro in_ranges(column, ranges, before=0, after=0) -%}
    {%- if ranges is string -%}{{ return("⟦" ~ before ~ "|" ~ after ~ "|" ~ column ~ "⟧") }}{%- endif -%}
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

{#- A condition: the column is a day that this run rebuilds, or at most `before` or `after` days from one. -#}
{% macro rebuilt(column, before=0, after=0) -%}
    {{ in_ranges(column, rebuilt_ranges(), before, after) }}
{%- endmacro %}

{#-
A condition: the column is a day that the current (or tested) model writes: a rebuilt day, or one of the days before and
after it that its meta gives (`written_before`, `written_after`). `before` and `after` extend this further.
-#}
{% macro written(column, before=0, after=0) -%}
    {%- set meta = model_meta() -%}
    {{ rebuilt(column, meta_days(meta, "written_before") + before, meta_days(meta, "written_after") + after) }}
{%- endmacro %}
