{#- Parts of URLs. Where a page's URL is only a path (as in an access log), it has no host. -#}

{#- The host of a URL, in lower case, without a leading `www.`; null if there is none. -#}
{% macro url_host(url) -%}
    {{ first_group("lower(" ~ url ~ ")", "^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?(?:www[.])?([^/:?#]+)") }}
{%- endmacro %}

{#- The first value of a parameter of a URL's query, still encoded; null if it has none. Names are in any case. -#}
{% macro url_parameter(url, name) -%}
    case
        when {{ url }} like '%?%'
            then nullif({{ first_group(first_group(url, "^[^?#]*[?]([^#]*)"), "(?i)(?:^|[&;?])" ~ name ~ "=([^&;]*)") }}, '')
    end
{%- endmacro %}

{#- Whether a URL's query has one of these parameters, with a value. -#}
{% macro has_url_parameter(url, names) -%}
    ({{ url }} like '%?%' and {{ matches(url, "(?i)^[^?#]*[?]([^#]*[&;?])?(" ~ names | join("|") ~ ")=[^&;#]") }})
{%- endmacro %}

{#- A value of a URL's query, decoded: `+` is a space. A value that is not well encoded UTF-8 is left as it is. -#}
{% macro url_decoded(value) -%}
    {%- set next = "%[89ab][0-9a-f]" -%}
    {%- set character = [
        "[^%]", "%0[1-9a-f]", "%[1-7][0-9a-f]", "%(c[2-9a-f]|d[0-9a-f])" ~ next, "%e0%[ab][0-9a-f]" ~ next,
        "%e[1-9abcef]" ~ next ~ next, "%ed%[89][0-9a-f]" ~ next, "%f0%[9ab][0-9a-f]" ~ next ~ next,
        "%f[1-3]" ~ next ~ next ~ next, "%f4%8[0-9a-f]" ~ next ~ next,
    ] | join("|") -%}
    nullif(trim(
        case
            when {{ matches("lower(" ~ value ~ ")", "^(" ~ character ~ ")*$") }}
                then {{ percent_decoded("replace(" ~ value ~ ", '+', ' ')") }}
            else {{ value }}
        end
    ), '')
{%- endmacro %}
