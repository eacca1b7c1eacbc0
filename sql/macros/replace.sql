{#-
The materialization of incremental models. In one transaction it deletes the rows that match the model's `replaces`
condition and inserts the rows that the model selects. Unlike a merge, it also removes rows that no longer exist; unlike a
look-back window, it changes no other rows. `replaces` names a macro that returns the condition on the table's columns.

It replaces dbt's own materialization, whose column look-ups take longer than writing the rows of a day. Here the
columns are those of the model's .yml.
-#}
{% materialization incremental, default -%}
    {{ return(replaced_rows(sql)) }}
{%- endmaterialization %}

{#- dbt's DuckDB adapter has its own incremental materialization, which would take precedence over the default. -#}
{% materialization incremental, adapter="duckdb" -%}
    {{ return(replaced_rows(sql)) }}
{%- endmaterialization %}

{% macro replaced_rows(sql) -%}
    {%- set target = this.incorporate(type="table") -%}
    {%- set standing = load_cached_relation(this) -%}
    {%- do take_turn() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if standing is none or should_full_refresh() -%}
        {%- if standing is not none -%}{%- do adapter.drop_relation(standing) -%}{%- endif -%}
        {%- call statement("main") -%}
            {{ get_create_table_as_sql(False, target, sql) }}
        {%- endcall -%}
        {%- do create_indexes(target) -%}
    {%- else -%}
        {%- do add_missing_columns(target) -%}
        {%- call statement("main") -%}
            {{ replacement(target, sql) }}
        {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{%- endmacro %}

{#-
Whether a table is created from scratch. It overrides dbt's macro of this name, which `is_incremental` also calls. Here it
is also true if a run of all days finds that the model has changed since the table was built. SQL for all runs is
executed only where it is false.
-#}
{% macro should_full_refresh() -%}
    {%- if is_for_any_run() -%}{{ return(false) }}{%- endif -%}
    {{ return(flags.FULL_REFRESH or model.schema ~ "." ~ model.name in env_var("USER_ACTIVITY_MADE_ANEW", "").split(",")) }}
{%- endmacro %}

{#- The statements of a replacement. The days of deleted and inserted rows are recorded, for publishing. -#}
{% macro replacement(target, sql) -%}
    {%- set selected = selected_rows() -%}
    {%- set columns = get_quoted_csv(model.columns.values() | map(attribute="name")) -%}
    {%- set condition = context[config.require("replaces")]() -%}
    {%- set meta = config.get("meta", {}) -%}
    create temporary table {{ selected }} as {{ sql }};

    {% if meta.get("partitioned") and not meta.get("written_whole") and model.schema in ("marts", "metrics") -%}
    insert into {{ source("audit", "replaced_dates") }} (relation, replaced_date)
    select distinct '{{ model.schema }}.{{ model.name }}', {{ meta["date_column"] }}
    from {{ target }}
    where {{ condition }}
    union
    select distinct '{{ model.schema }}.{{ model.name }}', {{ meta["date_column"] }}
    from {{ selected }};

    {% endif -%}
    delete from {{ target }}
    where {{ condition }};

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ selected }};

    drop table {{ selected }}
{%- endmacro %}

{#- The temporary table with the rows that the model selects, also for `replaces`. -#}
{% macro selected_rows() -%}
    {{ return(model.name ~ "__selected") }}
{%- endmacro %}

{#- Add the columns that a model has gained since its table was created. They are null until their rows are rebuilt. -#}
{% macro add_missing_columns(target) -%}
    {%- set standing = standing_columns()[target.schema ~ "." ~ target.name] -%}
    {%- for column in model.columns.values() if column.name not in standing -%}
        {%- do run_query("alter table " ~ target ~ " add column " ~ adapter.quote(column.name) ~ " " ~ column.data_type) -%}
    {%- endfor -%}
{%- endmacro %}

{#- A condition for `replaces`: the date column is a day that the model writes. -#}
{% macro replaces_written_dates() -%}
    {{ written(model_meta()["date_column"]) }}
{%- endmacro %}

{#- A condition for `replaces`: every row. For tables that are small, or whose rows all depend on all days. -#}
{% macro replaces_all_rows() -%}
    1 = 1
{%- endmacro %}
