{#-
Locks for runs that build at the same time, on engines that allow it. Only one run at a time writes a model. A run reads
tables only after it has the model's lock, so no other run changes the model's rows between that read, the delete and the
insert. A later run reads everything that is committed by then, so the last write is correct.
-#}

{#- Wait for the lock of the model that is being compiled or built, and hold it until this run commits. -#}
{% macro take_turn() -%}
    {%- if execute and model.resource_type == "model" -%}
        {%- do adapter.dispatch("lock_until_commit")(model.schema ~ "." ~ model.name) -%}
    {%- endif -%}
{%- endmacro %}

{#- The query that takes the lock of a model, or returns who holds it after some seconds; empty where there are no locks. -#}
{% macro prepared_turn(name, patience=3) -%}
    {{ return(adapter.dispatch("prepared_turn")(name, patience)) }}
{%- endmacro %}

{#- An embedded engine has only one writer, so it needs no lock. -#}
{% macro default__prepared_turn(name, patience) -%}
    {{ return("") }}
{%- endmacro %}

{#- Locks are rows of a table on which readers have no rights: see user_activity/warehouse/postgres/locks.py. -#}
{% macro postgres__prepared_turn(name, patience) -%}
    {%- set run = "user-activity writes " ~ env_var("USER_ACTIVITY_RUN_ID", "") -%}
    {{ return(
        "select raw._take('" ~ name ~ "', " ~ patience ~ ") from set_config('application_name', '" ~ run ~ "', true)"
    ) }}
{%- endmacro %}

{% macro default__lock_until_commit(name) -%}
{%- endmacro %}

{% macro postgres__lock_until_commit(name) -%}
    {%- set seconds = env_var("USER_ACTIVITY_LOCK_TIMEOUT_SECONDS", "3600") -%}
    {%- for patience in (3, seconds) -%}
        {%- call statement("turn", fetch_result=True) -%}
            {{ prepared_turn(name, patience) }}
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
