{#-
A view is created only if it is missing or its SQL has changed. On a server, dropping an existing view waits for its
readers, and blocks new readers while it waits; on DuckDB it takes longer than most models. The comment of a view is a digest
of its SQL.
-#}
{% macro unless_unchanged(sql) -%}
    {%- set target = this.incorporate(type="view") -%}
    {%- set digest = local_md5(sql) -%}
    {%- do take_turn() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if run_query(comment_of_view(target)).columns[0].values() | first == digest -%}
        {%- call noop_statement("main", "VIEW") -%}{%- endcall -%}
    {%- else -%}
        {%- do adapter.drop_relation(load_cached_relation(this) or target) -%}
        {%- call statement("main") -%}
            {{ get_create_view_as_sql(target, sql) }}
        {%- endcall -%}
        {%- do run_query("comment on view " ~ target ~ " is '" ~ digest ~ "'") -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{%- endmacro %}

{% materialization view, adapter="postgres" -%}
    {{ return(unless_unchanged(sql)) }}
{%- endmaterialization %}

{% materialization view, adapter="duckdb" -%}
    {{ return(unless_unchanged(sql)) }}
{%- endmaterialization %}

{#- A query: the comment of a view; no row or null if there is none. -#}
{% macro comment_of_view(target) -%}
    {{ return(adapter.dispatch("comment_of_view")(target)) }}
{%- endmacro %}

{% macro duckdb__comment_of_view(target) -%}
    select comment from duckdb_views() where schema_name = '{{ target.schema }}' and view_name = '{{ target.identifier }}'
{%- endmacro %}

{% macro postgres__comment_of_view(target) -%}
    select obj_description(to_regclass('{{ target }}'), 'pg_class')
{%- endmacro %}
