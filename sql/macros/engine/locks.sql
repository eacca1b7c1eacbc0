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

{% macro postgres__lock_until_commit(name) -%}
    {%- call statement("turn") -%}
        select pg_advisory_xact_lock(hashtext('user-activity {{ name }}'))
    {%- endcall -%}
{%- endmacro %}
