{#-
What the tests in tests/generic share: which rows they look at, and what a failing row tells. A test looks at the rows
that its run may have written, so that it costs what the run costs, however long history is.
-#}

{#- What the model under test says of itself: `key`, `date_column`, `written_before`, `written_after`, `written_whole`. -#}
{% macro tested_meta() -%}
    {{ return(graph.nodes[model.attached_node].config.meta if execute else {}) }}
{%- endmacro %}

{#-
A condition: this run may have written the row. `day`: the rebuilt days, and as many around them as the model's meta says;
`user`: the users that the run touched. A model without days, or whose meta says `written_whole`, is written whole.
-#}
{% macro is_written(by="day") -%}
    {%- set meta = tested_meta() -%}
    {%- if by == "user" -%}
        user_key in ({{ rebuilt_users() }})
    {%- elif execute and (meta.get("written_whole") or "date_column" not in meta) -%}
        1 = 1
    {%- else -%}
        {{ rebuilt(meta.get("date_column"), meta.get("written_before", 0), meta.get("written_after", 0)) }}
    {%- endif -%}
{%- endmacro %}

{#- The columns that name a row: its key, and its day unless that is part of the key. -#}
{% macro row_name() -%}
    {%- set meta = tested_meta() -%}
    {%- set columns = meta.get("key", ["1"]) | list -%}
    {%- if meta.get("date_column", columns[0]) not in columns -%}
        {%- do columns.append(meta["date_column"]) -%}
    {%- endif -%}
    {{ columns | join(", ") }}
{%- endmacro %}

{#- A text: every rule that a row breaks, of rules as a map from their words to their conditions. Unknown breaks none. -#}
{% macro broken_rules(rules) -%}
    {%- set texts = [] -%}
    {%- for words, condition in rules.items() -%}
        {%- do texts.append(
            "case when not (" ~ condition ~ ") then '" ~ words | replace("'", "''") ~ "; ' else '' end"
        ) -%}
    {%- endfor -%}
    {{ texts | join(" || ") }}
{%- endmacro %}
