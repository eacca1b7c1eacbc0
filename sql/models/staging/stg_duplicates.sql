{{ config(meta={"partitioned": true, "date_column": "event_date"}) }}

{#- rebuilt_users reads the previous staging tables, so it must run before staging, which runs after this model. -#}
{%- do ref("rebuilt_users") -%}

{% for source_name in source_facts() -%}
(
    {{ duplicates_of(source_name) }}
)
{{ "union all" if not loop.last }}
{% endfor %}
