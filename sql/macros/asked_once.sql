{#-
The result of a query, which runs once per node and is then cached; with `shared`, once per dbt invocation. The cache is
in `graph`, the only object that all nodes of an invocation share and that survives the rendering of a node.
-#}
{% macro asked_once(query, shared=false) -%}
    {%- if is_for_any_run() -%}{{ exceptions.raise_compiler_error("a result of a query depends on the run") }}{%- endif -%}
    {%- set name = [invocation_id, "every node" if shared else model.unique_id, query] | join(": ") -%}
    {%- if name not in graph -%}
        {%- if not shared -%}{%- do take_turn() -%}{%- endif -%}
        {%- do graph.update({name: run_query(query)}) -%}
    {%- endif -%}
    {{ return(graph[name]) }}
{%- endmacro %}
