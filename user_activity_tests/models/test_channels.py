"""Which channel a visit came through: Google Analytics 4's default channel groups, and referrers."""

from datetime import date
from pathlib import Path

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform

pytestmark = pytest.mark.long

# Source, medium, campaign and the channel that they are, after the macro test of Velir/dbt-ga4 (MIT), unit_tests/
# test_macro_default_channel_grouping.py at 2d7b1f1c5224b6e2f3c6284f416dd5fd3ce94360.
CAMPAIGNS = (
    ("(direct)", "(none)", "", "Direct"),
    ("(direct)", "(not set)", "", "Direct"),
    ("some-source", "some-medium", "some-cross-network-campaign", "Cross-network"),
    ("some-source", "retargeting", "shopping", "Paid Shopping"),
    ("google", "ppc", "", "Paid Search"),
    ("facebook", "retargeting", "", "Paid Social"),
    ("youtube.com", "paid-something", "", "Paid Video"),
    ("youtube.com", "display", "", "Display"),
    ("some-source", "cpc", "", "Paid Other"),
    ("Google Shopping", "", "", "Organic Shopping"),
    ("some-source", "", "some-shopping-campaign", "Organic Shopping"),
    ("facebook", "", "", "Organic Social"),
    ("some-source", "social", "", "Organic Social"),
    ("youtube.com", "", "", "Organic Video"),
    ("some-source", "video", "", "Organic Video"),
    ("bing", "", "", "Organic Search"),
    ("some-source", "organic", "", "Organic Search"),
    ("some-source", "referral", "", "Referral"),
    ("email", "", "", "Email"),
    ("", "e mail", "", "Email"),
    ("some-source", "affiliate", "", "Affiliates"),
    ("some-source", "audio", "", "Audio"),
    ("sms", "", "", "SMS"),
    ("", "sms", "", "SMS"),
    ("some-source", "something-push", "", "Mobile Push Notifications"),
    ("some-source", "mobile-notification", "", "Mobile Push Notifications"),
    ("firebase", "", "", "Mobile Push Notifications"),
    ("some-source", "some-medium", "some-campaign", "Unassigned"),
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
)


def test_a_channel_is_what_google_analytics_says(tmp_path: Path) -> None:
    platform = Platform(tmp_path, start_date=date(2025, 1, 1))
    visits = [
        {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}
        for source, medium, campaign, _ in CAMPAIGNS
    ]
    visits += [{"page_url": SHOP, "referrer": referrer} for referrer, _ in REFERRERS]
    visits += [
        {"page_url": SHOP, "referrer": "https://www.google.com/", "utm_source": "news", "utm_medium": "email"},
        {"page_url": SHOP, "referrer": "https://www.google.com/", "channel": "Radio"},
    ]
    records = tuple(
        {"event_id": f"e{number:02}", "user_id": "ann", "event_type": "page_view", "event_at": "2025-01-10T12:00:00Z"}
        | {name: value for name, value in visit.items() if value}
        for number, visit in enumerate(visits)
    )
    platform.drop("events", date(2025, 1, 10), "events.jsonl", encode(records, "events.jsonl"))
    platform.run()
    found = [channel for (channel,) in platform.query("select channel from staging.stg_events order by event_id")]
    expected = [channel for _, _, _, channel in CAMPAIGNS] + [channel for _, channel in REFERRERS] + ["Email", "Radio"]
    assert list(zip(visits, found, strict=True)) == list(zip(visits, expected, strict=True))
