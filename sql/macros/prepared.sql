{#- What runs execute of prepared SQL, around the SQL of a node: see docs/adr/0010-sql-is-rendered-once.md. -#}

{#-
All statements of the transaction that replaces rows of the existing table of the model, hooks included: what the
materialization would execute one by one. `sql` is the model's SQL, or a mark in its place.
-#}
{% macro prepared_model(sql) -%}
    {%- set statements = [replacement(this.incorporate(type="table"), sql)] -%}
    {%- for hook in pre_hooks + post_hooks -%}
        {%- if hook in pre_hooks or not hook.transaction -%}
            {{ exceptions.raise_compiler_error("only hooks after the model, in its transaction, can be prepared") }}
        {%- endif -%}
        {%- do statements.append(render(hook.sql)) -%}
    {%- endfor -%}
    {{ return(statements | map("trim") | select | join(";\n\n")) }}
{%- endmacro %}

{#- The statements that create the table of the model without rows, with the columns and types of its .yml. -#}
{% macro prepared_table() -%}
    {%- set target = this.incorporate(type="table") -%}
    {%- set statements = ["create table if not exists " ~ target ~ " " ~ get_table_columns_and_constraints()] -%}
    {{ return((statements + indexes_of(target)) | map("trim") | join(";\n\n")) }}
{%- endmacro %}

{#- The query of a data test: what dbt's materialization of tests would execute. -#}
{% macro prepared_test(sql) -%}
    {{ get_test_sql(
        get_limit_subquery_sql(sql, config.get("limit")), config.get("fail_calc"), config.get("warn_if"),
        config.get("error_if"), limit=none
    ) }}
{%- endmacro %}
