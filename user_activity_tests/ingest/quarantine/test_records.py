"""What was rejected can be found, shown, taken out, repaired and sent again."""

import json
from datetime import date

from user_activity.ingest import quarantine
from user_activity.ingest.quarantine import Selection
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop

BAD = '{"user_id": "u1",  "event_type": "purchse", "event_at": "2026-01-05T10:00:00Z", "revenue": -1}'


def fill(drop: Drop) -> None:
    drop.file("a.jsonl", json.dumps(EVENT) + "\n" + BAD + "\nnot json\n")
    drop.file("b.csv", "user_id,event,ts\nu1,click,yesterday\n")
    drop.file("c.json", "[")
    drop.lines(
        "r.jsonl", [{"user_id": "u", "product_id": "p", "rating": 9, "ts": "2026-01-05"}], "reviews", date(2026, 1, 6)
    )
    drop.ingest()
    drop.ingest("reviews", date(2026, 1, 6))


def test_a_record_keeps_its_text_place_and_every_reason(drop: Drop) -> None:
    fill(drop)
    first, second, third, whole, review = quarantine.select(drop.settings)
    assert (first.file_name, first.row_number, first.record, first.landing_date) == ("a.jsonl", 2, BAD, DAY)
    assert first.rules == ("event_type_unknown", "revenue_out_of_range")
    assert first.reasons[0].startswith("event_type is 'purchse': must be one of page_view, product_view")
    assert first.reasons[0].endswith("(did you mean 'purchase'?)")
    assert (
        first.reasons[1] == "revenue is -1.0: must be 0 or more"
        or first.reasons[1] == "revenue is -1: must be 0 or more"
    )
    assert (second.row_number, second.record, second.reasons) == (3, "not json", ("the record is not valid JSON",))
    assert third.record == "u1,click,yesterday"
    assert (whole.row_number, whole.record) == (None, None)
    assert whole.archived.read_bytes() == b"["
    assert review.reasons == ("rating is 9: must be between 1 and 5",)


def test_records_are_found_by_source_rule_date_and_file(drop: Drop) -> None:
    fill(drop)

    def found(**by: object) -> list[tuple[str, int | None]]:
        return [(r.file_name, r.row_number) for r in quarantine.select(drop.settings, Selection(**by))]  # type: ignore[arg-type]

    assert found(source="reviews") == [("r.jsonl", 1)]
    assert found(rule="event_type_unknown") == [("a.jsonl", 2)]
    assert found(landing_date=date(2026, 1, 6)) == [("r.jsonl", 1)]
    assert found(file="b.csv") == [("b.csv", 1)]
    digest = next(quarantine.select(drop.settings)).file_sha256
    assert found(file=digest[:8]) == [("a.jsonl", 2), ("a.jsonl", 3)]
    assert found(rule="nothing") == []


def test_rules_are_counted(drop: Drop) -> None:
    fill(drop)
    counts = {(row.source, row.rule): row.records for row in quarantine.by_rule(drop.settings)}
    assert counts["events", "record_unreadable"] == 1
    assert counts["reviews", "rating_out_of_range"] == 1
    assert [row.rule for row in quarantine.by_rule(drop.settings, Selection(rule="event_type_unknown"))] == [
        "event_type_unknown"
    ]
