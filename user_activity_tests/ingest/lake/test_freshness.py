"""What raw bears on."""

import json
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from user_activity.ingest import ingest
from user_activity.ingest.lake import freshness
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop

ORDER = {
    "order_id": "o1",
    "user_id": "u1",
    "order_at": "2026-01-04T23:00:00Z",
    "items": [{"sku": "p", "qty": 1, "price": 2}],
}


def days_touched(drop: Drop) -> list[date]:
    found = freshness.facts(drop.settings).items()
    return [day for day, facts in found if any(json.loads(fact)[0] == "touches" for fact in facts)]


def test_touched_dates_are_those_of_the_rows_refunds_included(drop: Drop) -> None:
    drop.lines("a.jsonl", [EVENT, EVENT | {"event_id": "e2", "event_at": "2025-12-24"}])
    drop.lines("o.jsonl", [ORDER | {"refund": 1, "refunded_at": "2026-01-09"}], "orders")
    drop.ingest()
    drop.ingest("orders")
    assert days_touched(drop) == [date(2025, 12, 24), date(2026, 1, 4), DAY, date(2026, 1, 9)]


def test_only_dates_that_a_file_bears_on_change_their_facts(drop: Drop) -> None:
    drop.lines("a.jsonl", [EVENT, EVENT | {"event_id": "e2", "event_at": "2026-01-04"}])
    drop.ingest()
    before = freshness.facts(drop.settings)
    drop.lines("b.jsonl", [EVENT | {"event_id": "e3"}])
    drop.ingest()
    after = freshness.facts(drop.settings)
    assert before[date(2026, 1, 4)] == after[date(2026, 1, 4)]
    assert before[DAY] != after[DAY]


def test_a_copy_under_another_name_or_on_another_day_is_another_fact(drop: Drop) -> None:
    earlier = DAY - timedelta(days=2)
    facts = []
    for name, landed in (("a.jsonl", DAY), ("b.jsonl", DAY), ("a.jsonl", DAY + timedelta(days=1))):
        other = Drop(drop.settings.data_dir / f"{name} {landed}")
        other.lines(name, [EVENT | {"event_at": str(earlier)}], day=landed)
        ingest(other.settings, "events", [landed])
        facts.append(tuple(freshness.facts(other.settings)[earlier]))
    assert len(set(facts)) == 3


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Asia/Tokyo", [DAY, DAY + timedelta(days=1)]),
        ("America/New_York", [DAY - timedelta(days=1), DAY]),
        ("UTC", [DAY]),
    ],
)
def test_a_utc_date_bears_on_every_local_date_it_overlaps(zone: str, days: list[date], tmp_path: Path) -> None:
    drop = Drop(tmp_path, timezone=zone)
    drop.lines("a.jsonl", [EVENT])
    drop.ingest()
    assert days_touched(drop) == days


def test_a_profile_from_before_the_start_date_bears_on_the_first_partition(drop: Drop) -> None:
    drop.lines("u.jsonl", [{"user_id": "u1", "updated_at": "2019-05-01"}], "users")
    assert drop.ingest("users").rows_accepted == 1
    assert days_touched(drop) == [drop.settings.start_date]


def test_state_changes_with_what_raw_holds(drop: Drop) -> None:
    drop.lines("a.jsonl", [EVENT])
    drop.ingest()
    before = freshness.state(drop.settings)
    assert list(before) == [("events", DAY)]
    drop.lines("b.jsonl", [{"bad": 1}])
    drop.ingest()
    assert freshness.state(drop.settings, "events") != before


def test_a_years_manifests_are_read_in_a_moment(drop: Drop) -> None:
    days = [date(2025, 2, 1) + timedelta(days=number) for number in range(365)]
    for day in days:
        drop.lines("a.jsonl", [EVENT | {"event_at": f"{day}T10:00:00Z"}], day=day)
    ingest(drop.settings, "events", days)
    freshness.manifest._parsed.cache_clear()
    started = time.monotonic()
    assert len(freshness.facts(drop.settings)) == 365
    assert time.monotonic() - started < 0.5
