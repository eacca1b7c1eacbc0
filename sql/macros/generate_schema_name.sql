{#-
On every target a layer's schema has the name of the layer. dbt calls this macro whenever it has read a node's full
configuration, so `meta` is validated here, before anything is built.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- do check_meta(node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
