"""Days of the reporting time zone, where they are not those of UTC."""

from datetime import date
from pathlib import Path

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform

pytestmark = pytest.mark.long


def test_the_last_evening_of_a_year_is_a_day_of_it_where_the_zone_says_so(tmp_path: Path) -> None:
    platform = Platform(tmp_path, start_date=date(2024, 12, 31), timezone="America/New_York")
    events = tuple(
        {"event_id": moment, "user_id": "ann", "event_type": "page_view", "event_at": moment}
        for moment in ("2025-01-01T02:00:00Z", "2025-01-02T12:00:00Z")
    )
    platform.drop("events", date(2025, 1, 2), "events.jsonl", encode(events, "events.jsonl"))
    platform.run()
    assert platform.query("select cast(activity_date as varchar), dau from metrics.daily_engagement order by 1") == [
        ("2024-12-31", 1),
        ("2025-01-01", 0),
        ("2025-01-02", 1),
    ]
