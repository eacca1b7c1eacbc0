{#- Bot, device, browser and operating system of a user agent, found by the words in its text. Null if none matches. -#}

{% macro bot_reason(user_agent) -%}
    {%- set text = "lower(" ~ user_agent ~ ")" -%}
    case
        when {{ user_agent }} is null then null
        when {{ matches(text, "bot([^a-z]|$)|crawl|spider|slurp|mediapartners|yandex|baidu|scrap") }} then 'crawler'
        when {{ matches(text, "feed|rss|atom|tiny tiny|newsblur|netvibes|bloglines|netnewswire|universalfeedparser") }}
            then 'feed reader'
        when {{ matches(text, "facebookexternalhit|whatsapp|slack|discord|embedly|preview|skypeuri|vkshare") }}
            then 'link preview'
        when {{ matches(text, "headless|phantomjs|puppeteer|playwright|selenium|lighthouse") }} then 'headless browser'
        when {{ matches(text, "monitor|uptime|pingdom|statuscake|check_http|newrelic|site24x7|datadog") }} then 'monitor'
        when {{ matches(
            text,
            "^(curl|wget|python|java/|go-http|libwww|ruby|perl|php|okhttp|axios|node|httpie|apache-httpclient|aiohttp|scrapy)"
            ~ "|python-requests|urllib"
        ) }}
            then 'http library'
    end
{%- endmacro %}

{% macro device_of(user_agent) -%}
    {%- set text = "lower(" ~ user_agent ~ ")" -%}
    case
        when {{ user_agent }} is null then null
        when {{ matches(text, "ipad|tablet|kindle|silk|playbook") }} then 'tablet'
        when {{ matches(text, "android") }} and not {{ matches(text, "mobile") }} then 'tablet'
        when {{ matches(text, "mobi|iphone|ipod|windows phone|blackberry|opera mini") }} then 'mobile'
        when {{ matches(text, "smart-?tv|appletv|googletv|roku|hbbtv|playstation|xbox|nintendo") }} then 'tv'
        when {{ matches(text, "windows nt|macintosh|x11|linux|cros") }} then 'desktop'
    end
{%- endmacro %}

{% macro browser_of(user_agent) -%}
    {%- set text = "lower(" ~ user_agent ~ ")" -%}
    case
        when {{ user_agent }} is null then null
        when {{ matches(text, "edg(e|a|ios)?/") }} then 'Edge'
        when {{ matches(text, "opr/|opera|opios/") }} then 'Opera'
        when {{ matches(text, "samsungbrowser/") }} then 'Samsung Internet'
        when {{ matches(text, "firefox/|fxios/|iceweasel/") }} then 'Firefox'
        when {{ matches(text, "chrome/|chromium/|crios/") }} then 'Chrome'
        when {{ matches(text, "msie |trident/") }} then 'Internet Explorer'
        when {{ matches(text, "safari/") }} then 'Safari'
    end
{%- endmacro %}

{% macro os_of(user_agent) -%}
    {%- set text = "lower(" ~ user_agent ~ ")" -%}
    case
        when {{ user_agent }} is null then null
        when {{ matches(text, "iphone|ipad|ipod") }} then 'iOS'
        when {{ matches(text, "android") }} then 'Android'
        when {{ matches(text, "windows") }} then 'Windows'
        when {{ matches(text, "macintosh|mac os") }} then 'macOS'
        when {{ matches(text, "cros ") }} then 'ChromeOS'
        when {{ matches(text, "linux|x11|ubuntu") }} then 'Linux'
    end
{%- endmacro %}
