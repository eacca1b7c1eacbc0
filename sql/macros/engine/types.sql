{#- Engine-specific SQL for keys, dates and timestamps. Each macro returns one expression. -#}

{#- A 60-bit integer: the first bits of the md5 of the joined parts. A null part counts as ''. The same on every engine. -#}
{% macro surrogate_key(parts) -%}
    {%- set texts = [] -%}
    {%- for part in parts -%}
        {%- do texts.append("coalesce(cast(" ~ part ~ " as " ~ type_string() ~ "), '')") -%}
    {%- endfor -%}
    {{ return(adapter.dispatch("md5_60_bit")(texts | join(" || '|' || "))) }}
{%- endmacro %}

{% macro default__md5_60_bit(text) -%}
    cast(('x' || substr(md5({{ text }}), 1, 15))::bit(60) as bigint)
{%- endmacro %}

{% macro duckdb__md5_60_bit(text) -%}
    cast('0x' || left(md5({{ text }}), 15) as bigint)
{%- endmacro %}

{% macro bigquery__md5_60_bit(text) -%}
    cast(concat('0x', substr(to_hex(md5({{ text }})), 1, 15)) as int64)
{%- endmacro %}

{% macro snowflake__md5_60_bit(text) -%}
    to_number(substr(md5({{ text }}), 1, 15), 'XXXXXXXXXXXXXXX')
{%- endmacro %}

{% macro spark__md5_60_bit(text) -%}
    cast(conv(substr(md5({{ text }}), 1, 15), 16, 10) as bigint)
{%- endmacro %}

{#- The date of a UTC timestamp in the reporting time zone. -#}
{% macro reporting_date(timestamp_utc) -%}
    {%- if setting_timezone() == "UTC" -%}
        cast({{ timestamp_utc }} as date)
    {%- else -%}
        {{ adapter.dispatch("zoned_date")(timestamp_utc, setting_timezone()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__zoned_date(timestamp_utc, zone) -%}
    cast(({{ timestamp_utc }}) at time zone 'UTC' at time zone '{{ zone }}' as date)
{%- endmacro %}

{% macro bigquery__zoned_date(timestamp_utc, zone) -%}
    date(timestamp({{ timestamp_utc }}), '{{ zone }}')
{%- endmacro %}

{% macro snowflake__zoned_date(timestamp_utc, zone) -%}
    cast(convert_timezone('UTC', '{{ zone }}', {{ timestamp_utc }}) as date)
{%- endmacro %}

{% macro spark__zoned_date(timestamp_utc, zone) -%}
    cast(from_utc_timestamp({{ timestamp_utc }}, '{{ zone }}') as date)
{%- endmacro %}

{#- Microseconds since 1970 (UTC), for keys and exact differences. -#}
{% macro epoch_micros(timestamp_utc) -%}
    {{ return(adapter.dispatch("epoch_micros")(timestamp_utc)) }}
{%- endmacro %}

{% macro default__epoch_micros(timestamp_utc) -%}
    cast(extract(epoch from {{ timestamp_utc }}) * 1000000 as bigint)
{%- endmacro %}

{% macro duckdb__epoch_micros(timestamp_utc) -%}
    epoch_us({{ timestamp_utc }})
{%- endmacro %}

{% macro bigquery__epoch_micros(timestamp_utc) -%}
    unix_micros(timestamp({{ timestamp_utc }}))
{%- endmacro %}

{% macro snowflake__epoch_micros(timestamp_utc) -%}
    date_part(epoch_microsecond, {{ timestamp_utc }})
{%- endmacro %}

{% macro spark__epoch_micros(timestamp_utc) -%}
    unix_micros({{ timestamp_utc }})
{%- endmacro %}

{#- Seconds from one timestamp to a later one, as a double. -#}
{% macro seconds_between(start_at, end_at) -%}
    (cast({{ epoch_micros(end_at) }} - {{ epoch_micros(start_at) }} as {{ type_double() }}) / 1000000)
{%- endmacro %}

{#- A date plus a whole number of days. -#}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch("add_days")(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    cast({{ day }} + {{ days }} as date)
{%- endmacro %}

{% macro bigquery__add_days(day, days) -%}
    date_add({{ day }}, interval {{ days }} day)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, {{ days }})
{%- endmacro %}

{#- Whole days from one date to another. -#}
{% macro days_from(first_day, last_day) -%}
    {{ return(adapter.dispatch("days_from")(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_from(first_day, last_day) -%}
    cast({{ last_day }} - {{ first_day }} as integer)
{%- endmacro %}

{% macro bigquery__days_from(first_day, last_day) -%}
    date_diff({{ last_day }}, {{ first_day }}, day)
{%- endmacro %}

{% macro spark__days_from(first_day, last_day) -%}
    datediff({{ last_day }}, {{ first_day }})
{%- endmacro %}
