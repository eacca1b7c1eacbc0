{#-
What the tests in tests/generic share: which rows they look at, and what a failing row tells. A test looks at the rows
that its run may have written, so that it costs what the run costs, however long history is.
-#}

{#-
A condition: this run may have written the row. `day`: the days that the model writes;
`user`: the users that the run touched. A model without days, or whose meta says `written_whole`, is written whole.
-#}
{% macro is_written(by="day") -%}
    {%- set meta = model_meta() -%}
    {%- if by == "user" -%}
        user_key in ({{ rebuilt_users() }})
    {%- elif execute and (meta.get("written_whole") or "date_column" not in meta) -%}
        1 = 1
    {%- else -%}
        {{ written(meta.get("date_column")) }}
    {%- endif -%}
{%- endmacro %}

{#- The columns that name a row: its key, and its day unless that is part of the key. -#}
{% macro row_name() -%}
    {%- set meta = model_meta() -%}
    {%- set columns = meta.get("key", ["1"]) | list -%}
    {%- if meta.get("date_column", columns[0]) not in columns -%}
        {%- do columns.append(meta["date_column"]) -%}
    {%- endif -%}
    {{ columns | join(", ") }}
{%- endmacro %}

{#-
A text: every rule that a row breaks, of rules as a map from their words to their conditions. Unknown breaks none.
-#}
{% macro broken_rules(rules) -%}
    {%- set texts = [] -%}
    {%- for words, condition in rules.items() -%}
        {%- do texts.append(
            "case when not (" ~ condition ~ ") then '" ~ words | replace("'", "''") ~ "; ' else '' end"
        ) -%}
    {%- endfor -%}
    {{ texts | join(" || ") }}
{%- endmacro %}
