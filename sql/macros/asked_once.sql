{#-
A query's answer, the same however often one node asks; where it is `shared`, whichever node asks. It is kept in
`graph`, the one thing that all nodes of an invocation share and that outlives the rendering of a node.
-#}
{% macro asked_once(query, shared=false) -%}
    {%- set name = [invocation_id, "every node" if shared else model.unique_id, query] | join(": ") -%}
    {%- if name not in graph -%}
        {%- if not shared -%}{%- do take_turn() -%}{%- endif -%}
        {%- do graph.update({name: run_query(query)}) -%}
    {%- endif -%}
    {{ return(graph[name]) }}
{%- endmacro %}
