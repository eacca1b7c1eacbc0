"""The tables are a function of the files that are there now, whatever was there before and whoever removed it."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from user_activity.orchestration import staleness
from user_activity.orchestration.command_runs import open_runner
from user_activity.warehouse.duckdb import DuckDBWarehouse
from user_activity_tests.platform import Platform, differences

SUNDAY, MONDAY, TUESDAY = date(2025, 1, 5), date(2025, 1, 6), date(2025, 1, 7)


def event(name: str, day: date, user: str = "ann") -> dict[str, Any]:
    return {"event_id": name, "user_id": user, "event_type": "page_view", "event_at": f"{day}T10:00:00Z"}


def lines(*records: dict[str, Any]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


MORE = lines(event("e4", MONDAY), event("e5", MONDAY) | {"event_type": "swipe"})
GOOD = lines(event("e1", SUNDAY), event("e2", SUNDAY, "bob"))
WRONG = lines(event("e1", MONDAY), event("e3", SUNDAY, "eve"))


@pytest.mark.law
def test_tables_follow_the_files_through_withdrawal_copies_and_lost_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Platform(tmp_path / "shop")
    shop.drop("events", SUNDAY, "good.jsonl", GOOD)
    shop.run()

    # A build that dies once the tables are written, and a lake that is again what it was before.
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    shop.drop("events", SUNDAY, "wrong.jsonl", WRONG)
    with monkeypatch.context() as patch, open_runner(shop.settings) as runner:
        patch.setattr(DuckDBWarehouse, "publish", dies)
        assert not runner.run_pending().success
    assert len(shop.query("from staging.stg_events")) == 3
    shop.withdraw("events", SUNDAY, "wrong.jsonl")
    assert shop.query("select event_id, event_date from staging.stg_events order by 1") == [
        ("e1", SUNDAY),
        ("e2", SUNDAY),
    ]
    assert shop.query("select user_id from marts.dim_users order by 1") == [("ann",), ("bob",)]

    # The same content on another day is a second delivery: every row of it is a duplicate.
    # What the lake says of its days is lost, and made anew from the archive with the same run.
    shutil.rmtree(shop.settings.lake_dir / "manifests")
    shop.drop("events", TUESDAY, "good.jsonl", GOOD)
    shop.drop("events", MONDAY, "more.jsonl", MORE)
    shop.run()
    counted = "select sum(rows_accepted), (select count(*) from staging.stg_events), (select count(*) from {}) from {}"
    assert shop.query(counted.format("staging.stg_duplicates", "audit.landed_files")) == [(5, 3, 2)]

    # A type of event is allowed that was rejected: the files of every day are read again, whatever lands.
    known = (*shop.settings.event_types, "swipe")
    assert shop.query("select row_number from audit.bad_records") == [(2,)]
    shop = Platform(tmp_path / "shop", event_types=known)
    assert shop.run().rebuilt
    assert {("e4",), ("e5",)} <= set(shop.query("select event_id from staging.stg_events"))

    clean = Platform(tmp_path / "clean", event_types=known)
    for day, name, content in (
        (SUNDAY, "good.jsonl", GOOD),
        (TUESDAY, "good.jsonl", GOOD),
        (MONDAY, "more.jsonl", MORE),
    ):
        clean.drop("events", day, name, content)
    clean.run()
    assert not differences(shop.tables(), clean.tables())
    reasons = "select distinct reason from audit.rebuild_history where event_date = date '2025-01-05'"
    assert {("a file landed",), ("an earlier build did not end",)} <= set(shop.query(reasons))


@pytest.mark.law
@pytest.mark.long
def test_a_lost_warehouse_and_tables_that_are_not_what_their_sql_makes_them_are_built_again(tmp_path: Path) -> None:
    shop = Platform(tmp_path / "shop")
    shop.drop("events", SUNDAY, "good.jsonl", GOOD)
    shop.drop("events", MONDAY, "wrong.jsonl", WRONG)
    shop.run()
    before = shop.tables()
    # What was built is known nowhere else, so that all of it is built again.
    shutil.rmtree(shop.settings.warehouse_dir)
    shop.run()
    assert not differences(shop.tables(), before)

    with duckdb.connect(str(shop.settings.warehouse_dir / "user_activity.duckdb")) as connection:
        connection.execute("drop table marts.dim_users; delete from staging.stg_events")
        connection.execute("alter table metrics.daily_engagement drop column stickiness")
        connection.execute(
            "update audit.built_tables set recipe = 'another' where relation = 'metrics.daily_engagement'"
        )
    assert shop.run().tables == {"marts.dim_users", "staging.stg_events", "metrics.daily_engagement"}
    assert not differences(shop.tables(), before)
    assert not staleness.work(shop.settings).dates
    reasons = "select distinct reason from audit.rebuild_history where event_date = date '2025-01-05'"
    assert sorted(shop.query(reasons)) == [("a file landed",), ("a table is new, changed or emptied",)]
