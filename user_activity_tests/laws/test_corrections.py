"""Law 2 for what was rejected: mended or replayed, the tables are those of one clean load of the good records."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest.quarantine import Selection, open_by_source
from user_activity.ingest.quarantine.export import export
from user_activity.ingest.readers.files import sha256_of
from user_activity.orchestration.command_runs import open_runner
from user_activity_tests.platform import Platform, differences

FIRST = date(2025, 1, 5)
WIDE = "page_view,product_view,click,add_to_cart,checkout,purchase,swipe"
NARROW = WIDE.removesuffix(",swipe")

Record = dict[str, Any]


def records(day: date) -> dict[str, list[tuple[Record, Record]]]:
    """What each source sends on a day: each record as it was sent, and as it should have been."""
    at = f"{day}T10:0"
    click = {"user_id": "ann", "event_type": "click", "event_at": f"{at}0:00Z", "country": "FR"}
    swipe = {"user_id": "cat", "event_type": "swipe", "event_at": f"{at}4:00Z"}  # has no id
    named = {"event_id": f"{day}", "user_id": "bob", "event_type": "purchase", "event_at": f"{at}1:00Z", "revenue": 5}
    line = {"product_id": "p1", "quantity": 2, "unit_price": 2.5}
    order = {"order_id": f"o{day}", "user_id": "bob", "order_at": f"{at}2:00Z", "revenue": 5, "items": [line]}
    review = {"review_id": f"r{day}", "user_id": "ann", "product_id": "p1", "rating": 5, "review_at": f"{at}3:00Z"}
    profile = {"user_id": "ann", "updated_at": f"{at}3:00Z", "country": "DE"}
    return {
        "events": [
            (click, click),
            (click | {"event_type": "clik", "country": "SE"}, click | {"country": "SE"}),
            (click | {"event_type": "clik", "country": "NO"}, click | {"country": "NO"}),
            (swipe, swipe),
            (swipe | {"event_at": "soon"}, swipe | {"event_at": f"{at}5:00Z"}),
            (named | {"event_at": "soon"}, named),
        ][: 1 if day == FIRST else 6],
        "orders": [(order | {"items": [line | {"quantity": "two"}]}, order)],
        "reviews": [(review | {"rating": 9}, review), (review | {"review_id": "own", "rating": 1},) * 2],
        "users": [(profile | {"updated_at": f"before {day}"}, profile)],
    }


def lines(found: Sequence[Record]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in found).encode()


def repaired(platform: Platform, folder: Path, source: str, good: Mapping[str, list[Record]]) -> list[Record]:
    """The open records of a source, exported and set right, but for those that only the catalogue is wrong about."""
    target = folder / f"{source}.jsonl"
    export(platform.settings, target, Selection(source=source))
    found = []
    for text in target.read_text().splitlines():
        record = json.loads(text)
        name, _, row = record["_quarantine_id"].partition("-")
        if record.get("event_type") != "swipe" or "soon" in text:
            found.append({**good[name][int(row) - 1], "_quarantine_id": record["_quarantine_id"]})
    return found


@pytest.mark.law
@pytest.mark.parametrize("replay_first", [True, pytest.param(False, marks=pytest.mark.long)])
def test_repaired_and_replayed_records_give_the_tables_of_a_clean_load(tmp_path: Path, replay_first: bool) -> None:
    clean = Platform(tmp_path / "clean", start_date=FIRST, event_types=WIDE)
    narrow, wide = (Platform(tmp_path / "messy", start_date=FIRST, event_types=types) for types in (NARROW, WIDE))
    good: dict[str, list[Record]] = {}
    for day in (FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=2)):
        for source, found in records(day).items():
            clean.drop(source, day, "day.jsonl", lines([right for _, right in found]))
            path = narrow.drop(source, day, "day.jsonl", lines([sent for sent, _ in found]))
            good[sha256_of(path)[:16]] = [right for _, right in found]
    clean.run()
    narrow.run()
    rejected = open_by_source(narrow.settings)
    assert rejected == {"events": 10, "orders": 3, "reviews": 3, "users": 3}

    last = FIRST + timedelta(days=3)
    mended = {source: repaired(narrow, tmp_path, source, good) for source in rejected}
    if replay_first:
        replay(wide)
    halves = {source: len(found) // 2 for source, found in mended.items()}
    for source, found in mended.items():
        wide.drop(source, last, "half.jsonl", lines(found[: halves[source]]))
    wide.run()
    for source, found in mended.items():
        half = halves[source]
        wide.drop(source, last, "all.jsonl", lines(found))  # the first half a second time
        wide.drop(source, last + timedelta(days=1), "again.jsonl", lines(found[half:]))
    wide.run()
    if not replay_first:
        replay(wide)
    assert open_by_source(wide.settings) == {}
    assert wide.query("select state, count(*) from audit.bad_records group by 1 order by 1") == [
        ("replayed", 2),
        ("superseded", 17),
    ]
    assert not differences(wide.tables(lineage=False), clean.tables(lineage=False))


def replay(platform: Platform) -> None:
    days = [FIRST + timedelta(days=number) for number in range(3)]
    with open_runner(platform.settings) as runner:
        assert runner.replay({"events": days}).success
