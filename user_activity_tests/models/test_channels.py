"""Which channel a visit came through: Google Analytics 4's default channel groups, and referrers."""

from datetime import date

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.models.conftest import Opened

pytestmark = pytest.mark.long

# Source, medium, campaign and channel: every condition of Google Analytics 4's table of default channel groups, in its
# order (support.google.com/analytics/answer/9756891), and cases that several of its rows fit: the first counts.
CAMPAIGNS = (
    ("(direct)", "(none)", "", "Direct"),
    ("(direct)", "(not set)", "", "Direct"),
    ("(direct)", "(none)", "winter", "Direct"),
    ("some-source", "some-medium", "some-cross-network-campaign", "Cross-network"),
    ("google", "cpc", "Cross-Network", "Cross-network"),
    ("some-source", "retargeting", "shopping", "Paid Shopping"),
    ("some-source", "cpc", "spring-shop", "Paid Shopping"),
    ("some-source", "cpc", "eshop", "Paid Shopping"),
    ("some-source", "cpc", "workshop", "Paid Other"),
    ("amazon.it", "cpc", "", "Paid Shopping"),
    ("google", "ppc", "", "Paid Search"),
    ("Google", "CPC", "", "Paid Search"),
    ("bing", "paidsearch", "", "Paid Search"),
    ("yandex.kz", "cpm", "", "Paid Search"),
    ("facebook", "retargeting", "", "Paid Social"),
    ("ig", "paid_social", "", "Paid Social"),
    ("youtube.com", "paid-something", "", "Paid Video"),
    ("twitch", "cpv", "", "Paid Video"),
    ("youtube.com", "display", "", "Display"),
    *(("some-source", medium, "", "Display") for medium in ("display", "banner", "expandable", "interstitial", "cpm")),
    ("some-source", "cpc", "", "Paid Other"),
    ("some-source", "ecpc", "", "Paid Other"),
    ("some-source", "unpaid", "", "Unassigned"),
    ("Google Shopping", "", "", "Organic Shopping"),
    ("etsy", "referral", "", "Organic Shopping"),
    ("some-source", "", "some-shopping-campaign", "Organic Shopping"),
    ("facebook", "", "", "Organic Social"),
    *(
        ("some-source", medium, "", "Organic Social")
        for medium in ("social", "social-network", "social-media", "sm", "social network", "social media")
    ),
    ("youtube.com", "", "", "Organic Video"),
    ("some-source", "video", "", "Organic Video"),
    ("some-source", "my-video-post", "", "Organic Video"),
    ("bing", "", "", "Organic Search"),
    ("some-source", "organic", "", "Organic Search"),
    *(("some-source", medium, "", "Referral") for medium in ("referral", "app", "link")),
    ("email", "", "", "Email"),
    ("e-mail", "some-medium", "", "Email"),
    *(("some-source", medium, "", "Email") for medium in ("email", "e-mail", "e_mail", "e mail")),
    ("", "e mail", "", "Email"),
    ("some-source", "affiliate", "", "Affiliates"),
    ("some-source", "audio", "", "Audio"),
    ("sms", "", "", "SMS"),
    ("", "sms", "", "SMS"),
    ("some-source", "something-push", "", "Mobile Push Notifications"),
    ("some-source", "mobile-notification", "", "Mobile Push Notifications"),
    ("some-source", "in-app mobile", "", "Mobile Push Notifications"),
    ("some-source", "notification", "", "Mobile Push Notifications"),
    ("firebase", "", "", "Mobile Push Notifications"),
    ("some-source", "some-medium", "some-campaign", "Unassigned"),
    ("some-source", "pushed", "", "Unassigned"),
)

SHOP = "https://shop.example/tea"
REFERRERS = (
    (None, "Direct"),
    ("https://www.google.com/search?q=tea", "Organic Search"),
    ("https://l.instagram.com/", "Organic Social"),
    ("https://www.youtube.com/watch?v=1", "Organic Video"),
    ("https://www.ebay.de/itm/1", "Organic Shopping"),
    ("https://a.blog.example/about-tea", "Referral"),
    ("https://shop.example/home", "Direct"),
    ("https://www.shop.example/home", "Direct"),
    # Every host of a name in the list, its sub-domains, and its hosts in other countries; not what only looks like it.
    ("https://www.google.co.jp/", "Organic Search"),
    ("https://news.google.com.br/", "Organic Search"),
    ("https://r.search.yahoo.com/_ylt=1", "Organic Search"),
    ("https://de.search.yahoo.com/", "Organic Search"),
    ("https://www.notgoogle.com/", "Referral"),
    ("https://google.com.attacker.example/", "Referral"),
    ("https://google.shoes/", "Referral"),
    ("https://lm.facebook.com/l.php", "Organic Social"),
    ("https://t.co/abc", "Organic Social"),
    ("https://not.t.co.example/", "Referral"),
    ("https://groups.google.com/g/tea", "Organic Social"),
    ("https://old.reddit.com/r/tea", "Organic Social"),
    ("https://pinterest.fr/pin/1", "Organic Social"),
    ("https://smile.amazon.co.uk/dp/1", "Organic Shopping"),
    ("https://shopping.google.com/", "Organic Shopping"),
    ("https://player.vimeo.com/video/1", "Organic Video"),
    ("https://mail.google.com/mail/u/0", "Email"),
    ("android-app://com.google.android.gm/", "Email"),
    ("android-app://com.google.android.googlequicksearchbox/https/www.google.com", "Organic Search"),
    # The shop's own hosts by the setting, and payment services.
    ("https://help.own.example/faq", "Direct"),
    ("https://www.own.example/", "Direct"),
    ("https://own.example.org/", "Referral"),
    ("https://notown.example/", "Referral"),
    ("https://own-example/", "Referral"),
    ("https://www.paypal.com/checkoutnow", "Direct"),
    ("https://js.stripe.com/v3/", "Direct"),
    ("https://notstripe.com/", "Referral"),
    ("not a URL", "Direct"),
)


def test_a_channel_is_what_google_analytics_says(opened: Opened) -> None:
    platform = opened(start_date=date(2025, 1, 1), own_hosts="*.own.example")
    visits = [
        {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}
        for source, medium, campaign, _ in CAMPAIGNS
    ]
    visits += [{"page_url": SHOP, "referrer": referrer} for referrer, _ in REFERRERS]
    visits += [
        {"page_url": SHOP, "referrer": "https://www.google.com/", "utm_source": "news", "utm_medium": "email"},
        {"page_url": SHOP, "referrer": "https://www.google.com/", "channel": "Radio"},
        {"page_url": f"{SHOP}?utm_medium=email", "referrer": "https://www.own.example/"},
        {"page_url": "/tea", "referrer": "https://own.example/"},
    ]
    records = tuple(
        {"event_id": f"e{number:03}", "user_id": "ann", "event_type": "page_view", "event_at": "2025-01-10T12:00:00Z"}
        | {name: value for name, value in visit.items() if value}
        for number, visit in enumerate(visits)
    )
    platform.drop("events", date(2025, 1, 10), "events.jsonl", encode(records, "events.jsonl"))
    platform.run()
    found = [channel for (channel,) in platform.query("select channel from staging.stg_events order by event_id")]
    expected = [channel for _, _, _, channel in CAMPAIGNS] + [channel for _, channel in REFERRERS]
    expected += ["Email", "Radio", "Email", "Direct"]
    wrong = [(visit, *pair) for visit, *pair in zip(visits, found, expected, strict=True) if pair[0] != pair[1]]
    assert not wrong
