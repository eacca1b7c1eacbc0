{#- Engine-specific SQL for table storage: indexes, statistics, text collation. -#}

{#- The statements that create the indexes of a model's table; none where there are no indexes. -#}
{% macro indexes_of(relation) -%}
    {{ return(adapter.dispatch("indexes_of")(relation)) }}
{%- endmacro %}

{% macro default__indexes_of(relation) -%}
    {{ return([]) }}
{%- endmacro %}

{#-
On PostgreSQL every model gets an index on its date column, one on the first column of its key and, if it has these
columns, one on user_key and one on order_key. A model's own `indexes` are added to these.
-#}
{% macro postgres__indexes_of(relation) -%}
    {%- set meta = config.get("meta", {}) -%}
    {%- set indexes = config.get("indexes", []) | list -%}
    {%- set wanted = [meta.get("date_column"), (meta.get("key") or [none]) | first] -%}
    {%- for column in ("user_key", "order_key") if column in model.columns -%}
        {%- do wanted.append(column) -%}
    {%- endfor -%}
    {%- for column in wanted | select | unique -%}
        {%- do indexes.append({"columns": [column]}) -%}
    {%- endfor -%}
    {%- set statements = [] -%}
    {%- for index in indexes -%}
        {%- do statements.append(get_create_index_sql(relation, index)) -%}
    {%- endfor -%}
    {{ return(statements) }}
{%- endmacro %}

{% macro postgres__create_indexes(relation) -%}
    {%- for statement in indexes_of(relation) -%}
        {%- do run_query(statement) -%}
    {%- endfor -%}
{%- endmacro %}

{#- A statement that updates the planner's statistics of a table that was just written; empty if none is needed. -#}
{% macro refreshed_statistics(relation) -%}
    {{ return(adapter.dispatch("refreshed_statistics")(relation)) }}
{%- endmacro %}

{% macro default__refreshed_statistics(relation) -%}
{%- endmacro %}

{#- Without `analyze` the planner takes a new table, or a day newer than the statistics, for empty and joins it badly. -#}
{% macro postgres__refreshed_statistics(relation) -%}
    {%- if config.get("materialized") != "view" -%} analyze {{ relation }} {%- endif -%}
{%- endmacro %}

{#- All engines compare text byte by byte; PostgreSQL would otherwise use the collation of the database. -#}
{% macro postgres__get_table_columns_and_constraints() -%}
    {{ return(table_columns_and_constraints() | replace(" varchar", ' varchar collate "C"')) }}
{%- endmacro %}
