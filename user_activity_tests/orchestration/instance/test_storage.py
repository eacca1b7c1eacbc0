"""The event log tells the same story as Dagster's own, in a fraction of its writes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from user_activity.orchestration.instance.storage import BatchedSqliteEventLogStorage, PlatformStorage
from user_activity.orchestration.partitions import RANGE_END, RANGE_START
from user_activity_tests.postgres import Server, running_server

DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-02-01")
ASKED, BROKEN = dg.AssetKey("asked"), dg.AssetKey("broken")
RANGE = {RANGE_START: "2026-01-03", RANGE_END: "2026-01-20"}


@dg.asset(
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("fine", asset="asked")],
)
def asked(context: dg.AssetExecutionContext) -> Iterator[Any]:
    for key in context.partition_keys:
        context.add_asset_metadata({"dagster/partition_row_count": int(key[-2:])}, partition_key=key)
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(passed=True)


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run(), deps=[asked])
def broken() -> None:
    raise ValueError("no luck")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


def configured(storage: type, **config: str) -> dict[str, Any]:
    return {"module": storage.__module__, "class": storage.__name__, "config": config}


def story(overrides: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What an instance with such a storage answers after a run that half succeeded."""
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder), overrides=overrides) as instance:
        dg.materialize([asked, broken], instance=instance, tags=RANGE, raise_on_error=False)
        statuses = instance.get_status_by_partition(BROKEN, DAYS.get_partition_keys(), DAYS) or {}
        latest = instance.get_latest_materialization_event(ASKED)
        check = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(ASKED, "fine"), limit=1)
        run = instance.get_runs()[0]
        return {
            "materialised": instance.get_materialized_partitions(ASKED),
            "failed": {key for key, status in statuses.items() if status and status.value == "FAILED"},
            "rows": {
                record.partition_key: record.asset_materialization.metadata["dagster/partition_row_count"].value
                for record in instance.fetch_materializations(ASKED, limit=100).records
                if record.asset_materialization
            },
            "latest": latest.dagster_event.partition if latest and latest.dagster_event else None,
            "check": [record.status.value for record in check],
            "planned": sorted(
                (str(entry.dagster_event.asset_key), entry.dagster_event.partition)
                for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
                if entry.dagster_event
            ),
            "run": run.status.value,
        }


def assert_half_succeeded(told: dict[str, Any]) -> None:
    assert len(told["materialised"]) == len(told["failed"]) == 18
    assert told["run"] == "FAILURE"


@pytest.mark.parametrize("batch_size", ["0", "7", "1000"])
def test_a_half_failed_range_run_reads_as_in_dagsters_own_log(
    batch_size: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", batch_size)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    told = story({"event_log_storage": configured(BatchedSqliteEventLogStorage, base_dir=str(ours))}, ours)
    assert told == story({"event_log_storage": configured(SqliteEventLogStorage, base_dir=str(theirs))}, theirs)
    assert_half_succeeded(told)


@pytest.mark.long
@pytest.mark.parametrize("batch_size", ["0", "1000"])
def test_so_it_does_on_a_server(
    batch_size: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", batch_size)
    monkeypatch.setenv("USER_ACTIVITY_DAGSTER_URL", server.fresh_database("ours"))
    told = story({"storage": {"custom": configured(PlatformStorage)}}, tmp_path / "ours")
    theirs = {"postgres": {"postgres_url": server.fresh_database("theirs")}}
    assert told == story({"storage": theirs}, tmp_path / "theirs")
    assert_half_succeeded(told)


def test_events_on_a_server_are_numbered_in_their_order(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    monkeypatch.setenv("USER_ACTIVITY_DAGSTER_URL", server.fresh_database("ours"))
    overrides = {"storage": {"custom": configured(PlatformStorage)}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as instance:
        dg.materialize([asked], instance=instance, tags=RANGE)
        found = instance.fetch_materializations(ASKED, limit=100, ascending=True).records
    assert [record.partition_key for record in found] == [f"2026-01-{day:02}" for day in range(3, 21)]
