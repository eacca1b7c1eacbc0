{#- Bot, device, browser and operating system of a user agent, found by the words in its text. Null if none matches. -#}

{#- A pattern: the text has one of these words. A word has no letter before or after it. -#}
{% macro has_word(words) -%}
    {{ return("(^|[^a-z])(" ~ words | join("|") ~ ")([^a-z]|$)") }}
{%- endmacro %}

{#-
The kinds of bots and the words that they name themselves by, most specific kind first. A browser gives no address: a URL
or an e-mail address is that of a bot's owner. Default names of HTTP libraries that apps on phones use (okhttp, CFNetwork,
Dart) are not here: they are people.
-#}
{% macro bot_patterns() -%}
    {{ return({
        "monitor": has_word([
            "[a-z-]*monitor(ing)?", "uptime[a-z]*", "betteruptime", "pingdom[a-z.]*", "statuscake[a-z]*", "check_https?",
            "newrelic[a-z]*", "site24x7", "datadog[a-z]*", "hetrixtools", "freshping", "updown[.]io", "nodeping", "gtmetrix",
            "catchpoint", "zabbix", "nagios", "prometheus", "blackbox[ -]exporter", "kube-probe", "googlehc", "checkly",
            "[a-z-]*health-?check(er|s)?", "jetmon", "montastic", "cron-job[.]org", "ohdear", "ruxitsynthetic", "ptst",
        ]),
        "link preview": "^(whatsapp|tumblr|viber)(/|$)|" ~ has_word([
            "facebookexternal[a-z]*", "facebookcatalog", "facebot", "slackbot[a-z-]*", "slack-imgproxy", "discordbot",
            "embedly", "iframely", "[a-z]*preview", "vkshare", "telegrambot", "twitterbot", "linkedinbot", "redditbot",
            "pinterestbot", "bitlybot", "googleimageproxy", "yahoomailproxy", "kakaotalk-scrap", "line-poker", "cardyb",
            "link ?expand(er|ing)", "metauri", "snap url preview service",
        ]),
        "feed reader": has_word([
            "feed(s|ly|lyapp|bin|burner|fetcher|flow|parser|spot|validator|demon|reader|wrangler|press|ity|bot|hq)?",
            "[a-z]*feedparser", "[a-z]*rss", "rss[a-z]*", "tiny tiny", "newsblur", "netvibes", "bloglines", "netnewswire",
            "inoreader[a-z.]*", "miniflux", "newsboat", "newsbeuter", "liferea", "akregator", "simplepie", "superfeedr",
            "theoldreader[a-z.]*", "nextcloud-news", "blogtrottr", "flipboardproxy", "windows-rss-platform",
        ]),
        "headless browser": has_word([
            "[a-z]*headless[a-z]*", "phantomjs", "slimerjs", "puppeteer", "playwright", "selenium", "webdriver",
            "[a-z-]*lighthouse", "page speed( insights)?", "htmlunit", "jsdom", "rendertron", "prerender",
        ]),
        "http library": "^(curl|wget|libcurl|libwww[a-z-]*|lwp[a-z:-]*|python[a-z0-9._-]*|aiohttp|httpx|urllib[0-9]?|java"
            ~ "|ruby|perl|php|go-http-client|go [0-9.]+ package http|axios|node|node-[a-z]+|nodejs|node[.]js|undici|got|deno"
            ~ "|bun|httpie|apache-[a-z]*client|jakarta commons-httpclient|guzzlehttp|faraday|rest-client|restsharp|jersey"
            ~ "|jetty|reactornetty|vert[.]x-webclient|http[.]rb|postmanruntime|insomnia|reqwest|rust-reqwest|hyper|ureq"
            ~ "|scrapy|mechanize|winhttp|akka-http|pycurl|typhoeus|ahc|pcore-http|http_get|[a-z]*httpclient)([^a-z]|$)|"
            ~ has_word([
                "python-(requests|urllib|httpx)[0-9]?", "apache-httpclient", "libwww-perl", "windowspowershell", "colly",
                "zgrab", "masscan", "nmap",
            ]),
        "crawler": "bots?([^a-z]|$)|crawl|spider([^a-z]|$)|https?://|[a-z0-9]@[a-z]|" ~ has_word([
            "slurp", "scrap(er|ers|ing|y)", "[a-z]*scraper", "mediapartners-google", "apis-google", "googleother[a-z-]*",
            "google-[a-z-]+", "googleagent[a-z-]*", "google (favicon|trust services)", "ia_archiver", "archive[.]org",
            "chatgpt-user", "claude-(web|user|searchbot)", "anthropic-ai", "perplexity-user", "cohere-ai", "mistralai-user",
            "meta-external[a-z]+", "ahrefs[a-z]*", "semrush[a-z-]*", "screaming frog[a-z ]*", "sistrix", "dataforseo[a-z]*",
            "seokicks[a-z-]*", "serpstat[a-z]*", "netcraft[a-z]*", "censys[a-z]*", "shodan", "nikto", "sqlmap", "nuclei",
            "wpscan", "nessus", "acunetix[a-z-]*", "l9explore", "yandex(images|metrika|favicons|media|video|news|direct)",
            "baidu-yunguance", "httrack", "webcopier", "heritrix", "nutch", "w3c[_-][a-z]+", "[a-z]*checker", "teoma",
            "[a-z0-9-]*(indexer|fetcher|validator)", "botify", "ips-agent", "cloudflare-[a-z]+", "amazon cloudfront", "coccoc",
        ]),
    }) }}
{%- endmacro %}

{#- CUBOT is a make of phones. -#}
{% macro bot_reason(user_agent) -%}
    {%- set text = "replace(lower(" ~ user_agent ~ "), 'cubot', '')" -%}
    case
        when {{ user_agent }} is null then null
        {%- for reason, pattern in bot_patterns().items() %}
        when {{ matches(text, pattern) }} then '{{ reason }}'
        {%- endfor %}
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
