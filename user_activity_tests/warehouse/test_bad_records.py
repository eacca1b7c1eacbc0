"""The audit table of rejected records says of each what has become of it, on every engine."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from user_activity.ingest import ingest
from user_activity.orchestration.ingested_lake import IngestedLake
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop

NEXT = DAY + timedelta(days=1)
HOSTILE = "'; drop table audit.bad_records; -- \\. \t\",\n\u2028"
STATES = "select row_number, state, rules from audit.bad_records where landing_date = '2026-01-05' order by row_number"


def synced(settings: Settings) -> int:
    return open_warehouse(settings).sync(IngestedLake(settings))


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_states_follow_the_lake(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    database: Callable[[], str] | None = request.getfixturevalue("database") if engine == "postgres" else None
    more = {"warehouse": engine, "warehouse_url": database()} if database else {}
    drop = Drop(tmp_path, **more)
    drop.lines("a.jsonl", [EVENT | {"event_type": kind} for kind in ("swipe", HOSTILE, "tap")])
    sha = drop.ingest().files[0].file_sha256
    assert synced(drop.settings) == 1
    unknown = "event_type_unknown"
    warehouse = open_warehouse(drop.settings)
    assert warehouse.query(STATES).rows == tuple((row, "open", unknown) for row in (1, 2, 3))
    ((record,),) = warehouse.query("select record from audit.bad_records where row_number = 2").rows
    assert json.loads(record)["event_type"] == HOSTILE

    drop.lines("b.jsonl", [EVENT | {"_quarantine_id": f"{sha[:16]}-2"}], day=NEXT)
    ingest(drop.settings, "events", [NEXT])
    assert synced(drop.settings) == 2  # the day that it landed on, and the day that it repairs
    assert warehouse.query(STATES).rows[1] == (2, "superseded", unknown)

    wider = Drop(tmp_path, event_types="click,swipe", **more)
    wider.ingest(rebuild=True)
    assert synced(wider.settings) == 1
    assert synced(wider.settings) == 0
    assert warehouse.query(STATES).rows == (
        (1, "replayed", unknown), (2, "superseded", unknown), (3, "open", unknown),
    )  # fmt: skip
    landed = "select sum(rows_quarantined) from audit.landed_files"
    assert warehouse.query(landed).rows == ((2,),)


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_values_that_were_set_aside_are_counted_by_rule(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database: Callable[[], str] | None = request.getfixturevalue("database") if engine == "postgres" else None
    more = {"warehouse": engine, "warehouse_url": database()} if database else {}
    drop = Drop(tmp_path, **more)
    drop.lines("a.jsonl", [EVENT | {"quantity": "two"}, EVENT | {"quantity": HOSTILE, "device": [1]}, EVENT])
    drop.lines("b.jsonl", [EVENT])
    drop.ingest()
    synced(drop.settings)
    warehouse = open_warehouse(drop.settings)
    counted = "select file_name, rule, value_count from audit.set_aside_values order by rule"
    assert warehouse.query(counted).rows == (("a.jsonl", "device_nested", 1), ("a.jsonl", "quantity_not_whole", 2))
    ((kept,),) = warehouse.query("select properties from raw.events where properties like '%device%'").rows
    assert json.loads(kept)["_set_aside"]["quantity"] == {"rule": "quantity_not_whole", "text": HOSTILE.strip()}
    assert warehouse.query("select count(*) from audit.bad_records").rows == ((0,),)
