{#- What engines write differently about how tables are kept: indexes, statistics, the order of text. -#}

{#-
PostgreSQL finds a run's rows by index. Every model has one on its date column, one on the first column of its key and,
where its rows belong to users, one on user_key; a model's own `indexes` come on top.
-#}
{% macro postgres__create_indexes(relation) -%}
    {%- set meta = config.get("meta", {}) -%}
    {%- set indexes = config.get("indexes", []) | list -%}
    {%- set wanted = [meta.get("date_column"), (meta.get("key") or [none]) | first] -%}
    {%- if "user_key" in model.columns -%}
        {%- do wanted.append("user_key") -%}
    {%- endif -%}
    {%- for column in wanted | select | unique -%}
        {%- do indexes.append({"columns": [column]}) -%}
    {%- endfor -%}
    {%- for index in indexes -%}
        {%- do run_query(get_create_index_sql(relation, index)) -%}
    {%- endfor -%}
{%- endmacro %}

{#- A statement, or nothing: what the engine's planner must be told of a table that has just been written. -#}
{% macro refreshed_statistics(relation) -%}
    {{ return(adapter.dispatch("refreshed_statistics")(relation)) }}
{%- endmacro %}

{% macro default__refreshed_statistics(relation) -%}
{%- endmacro %}

{#- A table that was never analysed, or a day that is younger than its statistics, looks empty, and is joined as if it were. -#}
{% macro postgres__refreshed_statistics(relation) -%}
    {%- if config.get("materialized") != "view" -%} analyze {{ relation }} {%- endif -%}
{%- endmacro %}

{#- Text is compared byte for byte on every engine; on PostgreSQL else by the language that the database was created for. -#}
{% macro postgres__get_table_columns_and_constraints() -%}
    {{ return(table_columns_and_constraints() | replace(" varchar", ' varchar collate "C"')) }}
{%- endmacro %}
