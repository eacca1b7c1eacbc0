{#-
The traffic source of a visit: from campaign parameters (UTM) if there are any, otherwise from the click id that an ad or a
social network adds to a link, otherwise from the referrer. Referrers of the shop itself and of payment services are
ignored. Search engines, social networks, shopping and video sites are organic; other hosts are referrals. Source and medium
give the channel, by Google Analytics 4's default channel groups in their documented order.
-#}

{#- By network, its name as a traffic source, the medium of its clicks, and its click ids. -#}
{% macro click_networks() -%}
    {{ return([
        ("google", "cpc", ["gclid", "gbraid", "wbraid"]),
        ("bing", "cpc", ["msclkid"]),
        ("facebook", "social", ["fbclid"]),
        ("tiktok", "social", ["ttclid"]),
        ("twitter", "social", ["twclid"]),
        ("linkedin", "social", ["li_fat_id"]),
    ]) }}
{%- endmacro %}

{#- The network whose click id a URL has. -#}
{% macro click_source(url) -%}
    case
        {%- for source, medium, ids in click_networks() %}
        when {{ has_url_parameter(url, ids) }} then '{{ source }}'
        {%- endfor %}
    end
{%- endmacro %}

{% macro click_medium() -%}
    case click_source {%- for source, medium, ids in click_networks() %} when '{{ source }}' then '{{ medium }}' {%- endfor %} end
{%- endmacro %}

{#- These macros use the columns campaign_source, campaign_medium, click_source, referrer and page_host. -#}
{% macro is_campaign() -%}
    coalesce(campaign_source, campaign_medium, click_source) is not null
{%- endmacro %}

{#- Whether the referrer is a source: neither the page's own host, nor one in the settings, nor a sub-domain of such a one. -#}
{% macro is_outside_referrer() -%}
    {%- set hosts = setting_names("USER_ACTIVITY_OWN_HOSTS", "") + setting_names("USER_ACTIVITY_UNWANTED_REFERRALS", "") -%}
    {{ url_host("referrer") }} <> page_host
    {%- if hosts %}
    and not {{ matches(url_host("referrer"), "(^|[.])(" ~ hosts | join("|") | replace(".", "[.]") ~ ")$") }}
    {%- endif %}
{%- endmacro %}

{% macro traffic_source() -%}
    case
        when {{ is_campaign() }} then lower(coalesce(campaign_source, click_source))
        when {{ is_outside_referrer() }} then {{ url_host("referrer") }}
    end
{%- endmacro %}

{% macro traffic_medium() -%}
    case
        when {{ is_campaign() }} then lower(coalesce(campaign_medium, {{ click_medium() }}))
        when {{ is_outside_referrer() }} then 'referral'
    end
{%- endmacro %}

{% macro is_paid_medium(medium) -%}
    {{ return(matches(medium, "^(.*cp.*|ppc|retargeting|paid.*)$")) }}
{%- endmacro %}

{#- The category of a traffic source. A paid click is one of the network that gave it an id, whatever its source is called. -#}
{% macro traffic_category(category, medium, click_category) -%}
    {{ return("coalesce(" ~ category ~ ", case when " ~ is_paid_medium(medium) ~ " then " ~ click_category ~ " end)") }}
{%- endmacro %}

{% macro default_channel(source, medium, campaign, category) -%}
    {%- set is_paid = is_paid_medium(medium) -%}
    {%- set is_shopping = "(" ~ category ~ " = 'shopping' or "
        ~ matches("lower(" ~ campaign ~ ")", "^(.*(([^a-df-z]|^)shop|shopping).*)$") ~ ")" -%}
    {%- set email = "('email', 'e-mail', 'e_mail', 'e mail')" -%}
    case
        when coalesce({{ source }}, case when {{ campaign }} is null then '(direct)' end) = '(direct)'
            and coalesce({{ medium }}, '(none)') in ('(none)', '(not set)') then 'Direct'
        when {{ matches("lower(" ~ campaign ~ ")", "cross-network") }} then 'Cross-network'
        when {{ is_shopping }} and {{ is_paid }} then 'Paid Shopping'
        when {{ category }} = 'search' and {{ is_paid }} then 'Paid Search'
        when {{ category }} = 'social' and {{ is_paid }} then 'Paid Social'
        when {{ category }} = 'video' and {{ is_paid }} then 'Paid Video'
        when {{ medium }} in ('display', 'banner', 'expandable', 'interstitial', 'cpm') then 'Display'
        when {{ is_paid }} then 'Paid Other'
        when {{ is_shopping }} then 'Organic Shopping'
        when {{ category }} = 'social'
            or {{ medium }} in ('social', 'social-network', 'social-media', 'sm', 'social network', 'social media')
            then 'Organic Social'
        when {{ category }} = 'video' or {{ matches(medium, "video") }} then 'Organic Video'
        when {{ category }} = 'search' or {{ medium }} = 'organic' then 'Organic Search'
        when {{ medium }} in ('referral', 'app', 'link') and coalesce({{ category }}, '') <> 'email' then 'Referral'
        when {{ category }} = 'email' or {{ source }} in {{ email }} or {{ medium }} in {{ email }} then 'Email'
        when {{ medium }} = 'affiliate' then 'Affiliates'
        when {{ medium }} = 'audio' then 'Audio'
        when {{ source }} = 'sms' or {{ medium }} = 'sms' then 'SMS'
        when {{ matches(medium, "push$|mobile|notification") }} or {{ source }} = 'firebase' then 'Mobile Push Notifications'
        else 'Unassigned'
    end
{%- endmacro %}
