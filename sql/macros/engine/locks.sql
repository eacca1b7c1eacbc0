{#-
Runs that build at the same time, on engines that let them. Each model is written by one run after the other, and asks
what it must know of the tables only once it is its turn: nobody else changes its rows between the question, the delete
and the insert. Whoever comes later reads what is committed by then, so that the last one is right.
-#}

{#- Wait until no other run writes the model that is compiled or built, and keep others waiting until this one has. -#}
{% macro take_turn() -%}
    {%- if execute and model.resource_type == "model" -%}
        {%- do adapter.dispatch("lock_until_commit")(model.schema ~ "." ~ model.name) -%}
    {%- endif -%}
{%- endmacro %}

{#- An embedded engine has one writer. -#}
{% macro default__lock_until_commit(name) -%}
{%- endmacro %}

{#- Rows of a table that readers have no rights on: see user_activity/warehouse/postgres/locks.py. -#}
{% macro postgres__lock_until_commit(name) -%}
    {%- set run = "user-activity writes " ~ env_var("USER_ACTIVITY_RUN_ID", "") -%}
    {%- set seconds = env_var("USER_ACTIVITY_LOCK_TIMEOUT_SECONDS", "3600") -%}
    {%- for patience in (3, seconds) -%}
        {%- call statement("turn", fetch_result=True) -%}
            select raw._take('{{ name }}', {{ patience }}) from set_config('application_name', '{{ run }}', true)
        {%- endcall -%}
        {%- set holder = load_result("turn")["data"][0][0] -%}
        {%- if holder is none -%}
            {{ return("") }}
        {%- elif loop.first -%}
            {%- do log("Waiting for the lock on " ~ name ~ ", held by " ~ holder ~ ".", info=True) -%}
        {%- else -%}
            {%- do exceptions.raise_compiler_error(
                "the lock on " ~ name ~ " is held by " ~ holder ~ ", and was waited for " ~ seconds ~ " s: run again when "
                "that has ended, end it with pg_terminate_backend, or raise USER_ACTIVITY_LOCK_TIMEOUT_SECONDS."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
