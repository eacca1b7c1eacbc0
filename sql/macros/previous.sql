{#- Tables as the last run left them, whatever shape they had. -#}

{#- dbt's parsed node of a model of this project. -#}
{% macro model_node(name) -%}
    {{ return(graph.nodes["model." ~ project_name ~ "." ~ name]) }}
{%- endmacro %}

{#-
A subquery: a table as the last run left it, to be read before it is rebuilt. It has the columns of the current .yml:
a column that the table lacks is null, and a table that was never built gives no rows. Neither does the model's own table
if it is created from scratch: it is dropped. A plan may read only tables whose meta says `read_by_plan`, because no other
run plans until those are written.
-#}
{% macro previous(name) -%}
    {%- if not execute -%}{{ return(name) }}{%- endif -%}
    {%- set node = model_node(name) -%}
    {%- if model.name != name and not node.config.meta.read_by_plan -%}
        {{ exceptions.raise_compiler_error(model.name ~ " looks up " ~ name ~ ", whose meta must say read_by_plan") }}
    {%- endif -%}
    {%- set relation = api.Relation.create(database=target.database, schema=node.schema, identifier=name) -%}
    {%- set is_dropped = model.name == name and should_full_refresh() -%}
    {%- set standing = [] if is_dropped else standing_columns().get(node.schema ~ "." ~ name, []) -%}
    {%- set columns = [] -%}
    {%- for column in node.columns.values() -%}
        {%- set missing = "cast(null as " ~ column.data_type ~ ") as " ~ column.name -%}
        {%- do columns.append(column.name if column.name in standing else missing) -%}
    {%- endfor -%}
    {{ return("(select " ~ columns | join(", ") ~ (" from " ~ relation if standing else " where 1 = 0") ~ ")") }}
{%- endmacro %}

{#- The columns of every table and view when this invocation first looked: a map of "schema.table" to a list of names. -#}
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
