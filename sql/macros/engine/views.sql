{#-
A view on PostgreSQL. It is created only if it is missing or its SQL has changed: dropping an existing view waits for its
readers, and blocks new readers while it waits.
-#}
{% materialization view, adapter="postgres" -%}
    {%- set target = this.incorporate(type="view") -%}
    {%- set digest = local_md5(sql) -%}
    {%- do take_turn() -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set known = run_query("select obj_description(to_regclass('" ~ target ~ "'), 'pg_class')").rows[0][0] -%}
    {%- if known == digest -%}
        {%- call noop_statement("main", "VIEW") -%}{%- endcall -%}
    {%- else -%}
        {%- do adapter.drop_relation(load_cached_relation(this) or target) -%}
        {%- call statement("main") -%}
            {{ get_create_view_as_sql(target, sql) }}
        {%- endcall -%}
        {%- do run_query("comment on view " ~ target ~ " is '" ~ digest ~ "'") -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{%- endmaterialization %}
