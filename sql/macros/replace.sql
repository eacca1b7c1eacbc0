{#-
The incremental strategy `replace`: what the model's `replaces` condition names goes, what the model selected comes, in one
transaction. Unlike a merge it also removes rows that are no longer there; unlike a look-back window it touches nothing else.
`replaces` names a macro that returns the condition on the target's columns. Which days went or came is noted in the same
transaction, so that publishing follows what was written, not what was asked for.
-#}
{% macro get_incremental_replace_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) -%}
    {%- set condition = context[config.require("replaces")]() -%}
    {%- set meta = config.get("meta", {}) -%}
    {%- if meta.get("partitioned") and not meta.get("written_whole") -%}
    insert into {{ source("audit", "replaced_dates") }} (relation, replaced_date)
    select distinct '{{ model.schema }}.{{ model.name }}', {{ meta["date_column"] }}
    from {{ arg_dict["target_relation"] }}
    where {{ condition }}
    union
    select distinct '{{ model.schema }}.{{ model.name }}', {{ meta["date_column"] }}
    from {{ arg_dict["temp_relation"] }};

    {% endif -%}
    delete from {{ arg_dict["target_relation"] }}
    where {{ condition }};

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }}
{%- endmacro %}

{#- Conditions for `replaces`: the days rebuilt, by the name of the model's date column. -#}
{% macro replaces_rebuilt_dates() -%}
    {{ rebuilt(config.require("meta")["date_column"]) }}
{%- endmacro %}

{#- Every row: for tables that are small, or whose every row depends on all days. -#}
{% macro replaces_all_rows() -%}
    1 = 1
{%- endmacro %}

{#- Sessions of the rebuilt days, and those that started the day before and may have gone on into them. -#}
{% macro replaces_rebuilt_session_dates() -%}
    {{ rebuilt("session_date", before=1) }}
{%- endmacro %}

{#- The rebuilt days and the day before each, whose sessions may have gone on. -#}
{% macro replaces_rebuilt_metric_dates() -%}
    {{ rebuilt("metric_date", before=1) }}
{%- endmacro %}
