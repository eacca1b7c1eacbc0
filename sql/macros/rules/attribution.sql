{#-
The channel that an order is attributed to, by the sessions of its user. A session can be one of an order if it starts at the
order's time or before, on the day of the order or one of the days before it that the look-back window has.

A session that comes late, changes or is withdrawn changes the orders of the window's days after it. Only their attribution
can change, and only of orders whose user has a record on a rebuilt day; so these orders alone are replaced.
-#}

{% macro attribution_window_days() -%}
    {{ return(env_var("USER_ACTIVITY_ATTRIBUTION_WINDOW_DAYS", "90") | int) }}
{%- endmacro %}

{#- The columns with an order's channel, one for each attribution model. -#}
{% macro attribution_columns() -%}
    {{ return(["first_touch_channel", "last_touch_channel", "last_non_direct_channel"]) }}
{%- endmacro %}

{#- A subquery: by order (order_key, user_key, order_at, order_date, channel), its channel by each attribution model. -#}
{% macro attributed_channels(orders) -%}
    {%- set days = attribution_window_days() -%}
    {%- set not_direct = "case when lower(sessions.channel) not in ('direct', '(direct)') then sessions.channel end" -%}
    (
        select
            order_key,
            coalesce(first_channel, order_channel) as first_touch_channel,
            coalesce(last_channel, order_channel) as last_touch_channel,
            coalesce(last_non_direct_channel, last_channel, order_channel) as last_non_direct_channel
        from (
            select
                orders.order_key,
                orders.channel as order_channel,
                {{ earliest("sessions.channel", "sessions.started_at", "sessions.session_key") }} as first_channel,
                {{ latest("sessions.channel", "sessions.started_at", "sessions.session_key") }} as last_channel,
                {{ latest(not_direct, "sessions.started_at", "sessions.session_key") }} as last_non_direct_channel
            from {{ orders }} as orders
            left join {{ ref("fct_sessions") }} as sessions
                on
                    sessions.user_key = orders.user_key
                    and not sessions.is_bot
                    and sessions.started_at <= orders.order_at
                    and sessions.session_date >= {{ add_days("orders.order_date", -days) }}
                    and {{ rebuilt("sessions.session_date", before=days, after=days) }}
            group by orders.order_key, orders.channel
        ) as touches
    )
{%- endmacro %}

{#-
A query: the rows of a relation with attribution, and the orders of other days whose attribution is no longer what it was;
their other columns stand.
-#}
{% macro attributed_orders(built) -%}
    {%- set attribution = attribution_columns() -%}
    {%- set others = model.columns.keys() | reject("in", attribution) | list -%}
    select
        built.{{ others | join(", built.") }},
        attributed.{{ attribution | join(", attributed.") }}
    from {{ built }} as built
    inner join {{ attributed_channels(built) }} as attributed on attributed.order_key = built.order_key
    {% if is_incremental() -%}
    union all
    select
        standing.{{ others | join(", standing.") }},
        attributed.{{ attribution | join(", attributed.") }}
    from {{ this }} as standing
    inner join {{ attributed_channels("(select * from " ~ this ~ " where " ~ is_order_of_touched_user() ~ ")") }} as attributed
        on attributed.order_key = standing.order_key
    where
        {{ is_order_of_touched_user() }}
        and not ({{ are_same_texts("standing", "attributed", attribution) }})
    {%- endif %}
{%- endmacro %}

{#- A condition: the order is of another day, and a session that may have changed can be one of it. -#}
{% macro is_order_of_touched_user() -%}
    {{ rebuilt("order_date", after=attribution_window_days()) }}
    and not {{ rebuilt("order_date") }}
    and user_key in ({{ rebuilt_users() }})
{%- endmacro %}

{#- A condition for `replaces`: the orders of the rebuilt days, and those of later days that the model selects. -#}
{% macro replaces_attributed_orders() -%}
    {{ rebuilt("order_date") }}
    or (
        {{ rebuilt("order_date", after=attribution_window_days()) }}
        and order_key in (select order_key from {{ selected_rows() }})
    )
{%- endmacro %}

{#- A condition, also for `replaces`: a rebuilt day, or one with an order whose attribution may have changed. -#}
{% macro is_attribution_date() -%}
    {{ rebuilt("order_date") }}
    or order_date in (select order_date from {{ ref("fct_orders") }} where {{ is_order_of_touched_user() }})
{%- endmacro %}
