"""What the URL of a page says of the campaign and the click that led to it."""

from datetime import date

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.models.conftest import Opened
from user_activity_tests.platform import Platform

SHOP = "https://shop.example/"

#: A page, and the channel that its visit came through.
PAGES = (
    (f"{SHOP}?utm_source=newsletter&utm_medium=email", "Email"),
    ("/?utm_source=newsletter&utm_medium=email", "Email"),
    ("/tea/green?size=2&utm_medium=email&utm_source=newsletter#reviews", "Email"),
    (f"{SHOP}?UTM_Source=Newsletter&Utm_Medium=E-Mail", "Email"),
    (f"{SHOP}?utm_source=news&amp;utm_medium=email", "Email"),
    (f"{SHOP}?utm_source=google+shopping", "Organic Shopping"),
    (f"{SHOP}?utm_source=google%20shopping", "Organic Shopping"),
    (f"{SHOP}?utm_medium=%65mail", "Email"),
    (f"{SHOP}?utm_source=fb&utm_medium=cpc", "Paid Social"),
    (f"{SHOP}?utm_source=ig", "Organic Social"),
    (f"{SHOP}?utm_source=&utm_medium=", "Direct"),
    (f"{SHOP}#?utm_source=newsletter&utm_medium=email", "Direct"),
    (f"{SHOP}?my_utm_source=newsletter&not_gclid=1", "Direct"),
    (f"{SHOP}utm_source=newsletter&utm_medium=email", "Direct"),
    *((f"{SHOP}?{click}=Cj0K-1", "Paid Search") for click in ("gclid", "GCLID", "gbraid", "wbraid", "msclkid")),
    *((f"/tea?a=b&{click}=1", "Organic Social") for click in ("fbclid", "ttclid", "twclid", "li_fat_id")),
    *(
        (f"{SHOP}?{click}=1&utm_source=spring&utm_medium=paid_social", "Paid Social")
        for click in ("fbclid", "ttclid", "twclid", "li_fat_id")
    ),
    (f"{SHOP}?fbclid=1&utm_medium=cpc", "Paid Social"),
    (f"{SHOP}?gclid=1&utm_source=spring&utm_medium=cpc", "Paid Search"),
    (f"{SHOP}?gclid=1&utm_source=google", "Paid Search"),
    (f"{SHOP}?fbclid=1&utm_source=newsletter&utm_medium=email", "Email"),
    (f"{SHOP}?gclid=", "Direct"),
)
#: A value in a URL, and what it says.
VALUES = (
    ("Fr%C3%BChling", "Frühling"),
    ("spring+sale%21", "spring sale!"),
    ("a%2Bb", "a+b"),
    ("caf%c3%a9%20%E2%98%95%f0%9f%8d%b5", "café ☕🍵"),
    ("Frühling", "Frühling"),
    ("50%off", "50%off"),
    ("%FF%FE", "%FF%FE"),
    ("%C3", "%C3"),
    ("%ED%A0%80", "%ED%A0%80"),
    ("%00", "%00"),
    ('it\'s%20"5"', 'it\'s "5"'),
    ("+", None),
    ("%20x%20", "x"),
)
#: What else the record holds, and the channel of it all.
RECORDS = (
    ({"page_url": f"{SHOP}?utm_medium=email", "utm_source": "google", "utm_medium": "cpc"}, "Paid Search"),
    ({"page_url": f"{SHOP}?utm_medium=cpc", "utm_source": "google"}, "Paid Search"),
    ({"page_url": f"{SHOP}?gclid=1", "utm_source": "news", "utm_medium": "email"}, "Email"),
    ({"page_url": f"{SHOP}?utm_medium=email", "channel": "Radio"}, "Radio"),
    ({"page_url": f"{SHOP}?utm_medium=email", "referrer": "https://www.google.com/"}, "Email"),
    ({"page_url": f"{SHOP}?fbclid=1", "referrer": "https://l.facebook.com/"}, "Organic Social"),
    ({"page_url": f"{SHOP}cart", "referrer": f"{SHOP}tea"}, "Direct"),
    ({"page_url": f"{SHOP}cart", "referrer": "http://WWW.Shop.Example:8080/tea"}, "Direct"),
    ({"page_url": "https://www.shop.example/cart", "referrer": "//shop.example/tea"}, "Direct"),
    ({"page_url": f"{SHOP}cart", "referrer": "https://user@shop.example/tea"}, "Direct"),
    ({"page_url": f"{SHOP}cart", "referrer": "https://shop.example.org/tea"}, "Referral"),
    ({"page_url": "/cart", "referrer": "https://www.google.com/search"}, "Organic Search"),
)


@pytest.fixture(scope="module")
def visited(opened: Opened) -> Platform:
    """All of them in one run; an event's number is its place."""
    visits = [{"page_url": page} for page, _ in PAGES]
    visits += [{"page_url": f"{SHOP}?utm_source=news&utm_campaign={value}"} for value, _ in VALUES]
    visits += [record for record, _ in RECORDS]
    platform = opened(start_date=date(2025, 1, 1))
    events = tuple(
        {"event_id": f"e{number:03}", "user_id": "ann", "event_type": "page_view", "event_at": "2025-01-10T12:00:00Z"}
        | visit
        for number, visit in enumerate(visits)
    )
    platform.drop("events", date(2025, 1, 10), "events.jsonl", encode(events, "events.jsonl"))
    platform.run()
    return platform


def test_the_channel_of_a_visit_is_in_its_url(visited: Platform) -> None:
    found = [channel for (channel,) in visited.query("select channel from staging.stg_events order by event_id")]
    ends = len(PAGES) + len(VALUES)
    assert list(zip(PAGES, found, strict=False)) == [((page, channel), channel) for page, channel in PAGES]
    assert list(zip(RECORDS, found[ends:], strict=True)) == [((one, channel), channel) for one, channel in RECORDS]


def test_campaigns_are_decoded(visited: Platform) -> None:
    found = visited.query("select utm_campaign from staging.stg_events where utm_source = 'news' order by event_id")
    written = [value for (value,) in found if value is not None]
    assert written == [value for _, value in VALUES if value is not None]
    assert visited.query(
        "select utm_source, utm_medium, utm_campaign, page_url from staging.stg_events where event_id = 'e003'"
    ) == [("Newsletter", "E-Mail", None, PAGES[3][0])]
