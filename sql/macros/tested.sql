{#-
What the tests in tests/generic share: which rows they check, and what a failing row shows. A test checks only the rows
that its run may have written, so its cost does not grow with history.
-#}

{#-
A condition: this run may have written the row. By `day`: the row's day is one that the model writes. By `user`: the run
rebuilt the row's user. For a model without a date column or with `written_whole` in its meta: every row.
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

{#- The columns that identify a row: its key, and its day unless that is part of the key. -#}
{% macro row_name() -%}
    {%- set meta = model_meta() -%}
    {%- set columns = meta.get("key", ["1"]) | list -%}
    {%- if meta.get("date_column", columns[0]) not in columns -%}
        {%- do columns.append(meta["date_column"]) -%}
    {%- endif -%}
    {{ columns | join(", ") }}
{%- endmacro %}

{#-
A text expression: all rules that a row breaks. `rules` maps descriptions to conditions; a null condition is not broken.
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
