{{ config(meta={"partitioned": true, "date_column": "event_date"}) }}

{#- Who had records where must be known before staging changes, and all of staging comes after this model. -#}
{%- do ref("rebuilt_users") -%}

{% for source_name in source_facts() -%}
(
    {{ duplicates_of(source_name) }}
)
{{ "union all" if not loop.last }}
{% endfor %}
