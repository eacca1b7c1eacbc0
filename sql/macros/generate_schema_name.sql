{#-
A layer's schema is called what the layer is called, on every target. dbt asks for it whenever it has read a node's
whole configuration, so that this is where a wrong one is refused before anything is built.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- do check_meta(node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
