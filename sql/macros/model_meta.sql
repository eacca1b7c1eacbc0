{#- Reading and validating a model's `meta`. -#}

{#- The meta of the current model, or of the tested model in a data test. In a unit test it is empty, so windows are 0. -#}
{% macro model_meta() -%}
    {%- if not execute -%}{{ return({}) }}{%- endif -%}
    {{ return((graph.nodes[model.attached_node] if model.attached_node else model).config.meta) }}
{%- endmacro %}

{#- A number of days in a model's meta; `session` stands for the days that a session can reach. -#}
{% macro meta_days(meta, name) -%}
    {%- set days = meta.get(name, 0) -%}
    {{ return(session_reach_days() if days == "session" else days) }}
{%- endmacro %}

{#- Raise an error if a node's meta has an unknown name or a value of the wrong type. -#}
{% macro check_meta(node) -%}
    {%- set text, flag, names = "a text", "true or false", "a list of columns" -%}
    {%- set days = "a whole number of days, 0 or more, or session" -%}
    {%- set wanted = {
        "owner": text, "date_column": text, "key": names, "partitioned": flag, "written_before": days,
        "written_after": days, "written_whole": flag, "read_by_plan": flag,
    } -%}
    {%- for name, value in node.config.meta.items() -%}
        {%- set is_right = {
            text: (value is string),
            flag: (value is boolean),
            days: value == "session" or (value is integer) and value >= 0,
            names: (value is sequence) and (value is not string),
        } -%}
        {%- if name not in wanted -%}
            {%- do refuse_meta(node, name ~ " is unknown: it must be one of " ~ wanted | join(", ")) -%}
        {%- elif not is_right[wanted[name]] -%}
            {%- do refuse_meta(node, name ~ " is " ~ value | tojson ~ ": it must be " ~ wanted[name]) -%}
        {%- elif name in ("partitioned", "written_before", "written_after") and not node.config.meta.date_column -%}
            {%- do refuse_meta(node, name ~ " is without date_column: name the column that it is about") -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro refuse_meta(node, problem) -%}
    {{ exceptions.raise_compiler_error(node.resource_type ~ " " ~ node.name ~ ", meta: " ~ problem) }}
{%- endmacro %}
