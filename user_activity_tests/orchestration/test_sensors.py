"""What sensors ask for, when they ask again, and when they keep still."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from user_activity.ingest.lake import freshness
from user_activity.orchestration import built_tables
from user_activity.orchestration.instance.process_locks import PROCESS_TAG
from user_activity.orchestration.jobs import BUILD, ingest_job_name
from user_activity.orchestration.partitions import RANGE_END, RANGE_START, range_tags, tagged_dates
from user_activity.orchestration.sensors import LONGEST_WAIT, RequestLog, build_date_sensor, build_file_sensor
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity.warehouse import BuiltDate, WarehouseBusy
from user_activity.warehouse.duckdb import DuckDBWarehouse

FIRST, SECOND, LATER = date(2025, 1, 1), date(2025, 1, 2), date(2025, 3, 1)


class Ticks:
    """A sensor and its cursor, tick after tick."""

    def __init__(self, sensor: dg.SensorDefinition, instance: dg.DagsterInstance, settings: Settings) -> None:
        self._sensor, self._instance, self._settings = sensor, instance, settings
        self._cursor: str | None = None

    def tick(self) -> dg.SensorResult:
        context = dg.build_sensor_context(
            instance=self._instance, cursor=self._cursor, resources={"settings": self._settings}
        )
        result = self._sensor(context)
        assert isinstance(result, dg.SensorResult)
        self._cursor = result.cursor
        return result

    def asked(self) -> list[set[date]]:
        return [tagged_dates(request.tags) for request in self.tick().run_requests or []]


@contextmanager
def command_at_work(settings: Settings) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that lives until it is killed, and the name by which others see that it does."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from user_activity.orchestration.runs.liveness import process_lock\n"
        "from user_activity.settings import Settings\n"
        "with process_lock(Settings(_env_file=None, data_dir=Path(sys.argv[1]))) as name:\n"
        "    print(name, flush=True)\n"
        "    time.sleep(600)\n"
    )
    arguments = [sys.executable, "-c", code, str(settings.data_dir)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def drop(settings: Settings, source: str, day: date, name: str, content: str = "{}") -> Path:
    folder = settings.incoming_dir / source / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)
    return folder / name


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, start_date=FIRST, settle_seconds=0)


@pytest.fixture
def events(instance: dg.DagsterInstance, settings: Settings) -> Ticks:
    return Ticks(build_file_sensor(settings, SOURCES["events"]), instance, settings)


def test_landing_dates_are_one_run_however_scattered(events: Ticks, settings: Settings) -> None:
    for day in (FIRST, SECOND, LATER):
        drop(settings, "events", day, "a.jsonl")
    assert events.asked() == [{FIRST, SECOND, LATER}]


def test_weeks_in_a_row_are_one_run(instance: dg.DagsterInstance, settings: Settings) -> None:
    for day in (date(2025, 1, 8), date(2025, 1, 13)):
        drop(settings, "products", day, "a.jsonl")
    (request,) = Ticks(build_file_sensor(settings, SOURCES["products"]), instance, settings).tick().run_requests or []
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == ("2025-01-06", "2025-01-13")
    assert tagged_dates(request.tags) == {date(2025, 1, 6), date(2025, 1, 13)}


def test_nothing_is_asked_for_while_nothing_waits(events: Ticks) -> None:
    assert events.asked() == []


def test_files_seen_for_the_first_time_show_in_the_lineage_once(events: Ticks, settings: Settings) -> None:
    drop(settings, "events", FIRST, "a.jsonl")
    (seen,) = events.tick().asset_events
    assert seen.asset_key == dg.AssetKey(["landing", "events"])
    assert seen.metadata["files"].value == 1
    assert list(events.tick().asset_events) == []


def test_a_date_is_not_asked_for_while_a_run_is_at_it(
    events: Ticks, settings: Settings, instance: dg.DagsterInstance
) -> None:
    drop(settings, "events", FIRST, "a.jsonl")
    drop(settings, "events", LATER, "b.jsonl")
    instance.create_run_for_job(
        sleeper(ingest_job_name("events")), status=dg.DagsterRunStatus.STARTED, tags=range_tags([FIRST])
    )
    assert events.asked() == [{LATER}]


def test_a_run_whose_process_was_killed_blocks_nothing(
    events: Ticks, settings: Settings, instance: dg.DagsterInstance
) -> None:
    drop(settings, "events", FIRST, "a.jsonl")
    with command_at_work(settings) as (process, name):
        run = instance.create_run_for_job(
            sleeper(ingest_job_name("events")),
            status=dg.DagsterRunStatus.STARTED,
            tags=range_tags([FIRST]) | {PROCESS_TAG: name},
        )
        assert events.asked() == []
        assert events.asked() == []
        process.kill()
        process.wait()
    assert events.asked() == [{FIRST}]
    assert instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]


def test_a_killed_run_that_is_executed_again_is_not_taken_for_killed(
    events: Ticks, settings: Settings, instance: dg.DagsterInstance
) -> None:
    drop(settings, "events", FIRST, "a.jsonl")
    parent = instance.create_run_for_job(sleeper(ingest_job_name("events")), status=dg.DagsterRunStatus.FAILURE)
    again = instance.create_run_for_job(
        sleeper(ingest_job_name("events")),
        status=dg.DagsterRunStatus.STARTED,
        tags=range_tags([FIRST]) | {PROCESS_TAG: "a lock that is gone"},
        parent_run_id=parent.run_id,
        root_run_id=parent.run_id,
    )
    assert events.asked() == []
    assert instance.get_run_by_id(again.run_id).status == dg.DagsterRunStatus.STARTED  # type: ignore[union-attr]


def test_a_tick_without_files_names_what_lies_beside_its_folder(events: Ticks, settings: Settings) -> None:
    for name in ("event/a.jsonl", "orders.csv"):
        (settings.incoming_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.incoming_dir / name).write_text("{}")
    said = events.tick().skip_reason
    assert said
    assert "incoming/event/ is no source's folder" in str(said.skip_message)
    assert "orders.csv" not in str(said.skip_message)


def test_a_file_whose_run_failed_is_asked_for_again_ever_less_often(events: Ticks, settings: Settings) -> None:
    drop(settings, "events", FIRST, "a.jsonl")
    asked = [bool(events.asked()) for _ in range(12)]
    assert [tick for tick, happened in enumerate(asked) if happened] == [0, 2, 5, 10]


def test_a_mended_file_is_asked_for_at_once(events: Ticks, settings: Settings) -> None:
    path = drop(settings, "events", FIRST, "a.jsonl")
    events.asked()
    path.write_text('{"mended": true}')
    assert events.asked() == [{FIRST}]


def test_the_same_file_sent_again_after_a_success_is_asked_for_again(events: Ticks, settings: Settings) -> None:
    path = drop(settings, "events", FIRST, "a.jsonl")
    kept = path.stat()
    assert events.asked() == [{FIRST}]
    path.unlink()
    assert events.asked() == []
    drop(settings, "events", FIRST, "a.jsonl")
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    assert events.asked() == [{FIRST}]


def test_ten_thousand_files_are_one_tick(events: Ticks, settings: Settings) -> None:
    for number in range(10_000):
        day = date.fromordinal(FIRST.toordinal() + number % 500)
        drop(settings, "events", day, f"{number}.jsonl", "")
    assert len(events.asked()) == 1


def test_a_wait_has_an_end() -> None:
    asked = RequestLog({})
    for _ in range(1000):
        asked.choose({FIRST: "state"}, set())
    pauses = [bool(asked.choose({FIRST: "state"}, set())) for _ in range(LONGEST_WAIT + 1)]
    assert any(pauses)


def test_stale_dates_are_asked_for_in_one_run_and_not_while_it_goes_on(
    instance: dg.DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "facts", lambda _: {FIRST: [file("a")], LATER: [file("b")]})
    ticks = Ticks(build_date_sensor(settings), instance, settings)
    assert ticks.asked() == [{FIRST, LATER}]
    monkeypatch.setattr(freshness, "facts", lambda _: {FIRST: [file("a")], SECOND: [file("c")], LATER: [file("b")]})
    instance.create_run_for_job(sleeper(BUILD), status=dg.DagsterRunStatus.NOT_STARTED, tags=range_tags([FIRST, LATER]))
    assert ticks.asked() == [{SECOND}]


def test_the_dates_that_a_run_at_work_has_begun_are_not_asked_for_until_it_is_gone(
    instance: dg.DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "facts", lambda _: {FIRST: [file("a")], SECOND: [file("b")]})
    run = instance.create_run_for_job(sleeper(BUILD), status=dg.DagsterRunStatus.STARTED, tags=range_tags([FIRST]))
    monkeypatch.setattr(
        DuckDBWarehouse, "built_dates", lambda *_: dict.fromkeys([FIRST, SECOND], BuiltDate(None, run.run_id))
    )
    monkeypatch.setattr(built_tables, "changed", lambda *_: set())
    ticks = Ticks(build_date_sensor(settings), instance, settings)
    assert ticks.asked() == []
    instance.report_run_failed(run)
    assert ticks.asked() == [{FIRST, SECOND}]


def test_while_another_process_writes_the_warehouse_nothing_is_asked_for(
    instance: dg.DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise WarehouseBusy

    monkeypatch.setattr(DuckDBWarehouse, "built_dates", busy)
    result = Ticks(build_date_sensor(settings), instance, settings).tick()
    assert result.run_requests == [] or result.run_requests is None
    assert "Another process writes the warehouse" in str(result.skip_reason)


def file(name: str) -> str:
    """What a file that bears on a date is in the date's facts."""
    return json.dumps(["touches", "events", str(FIRST), name, "part"])


def sleeper(name: str) -> dg.JobDefinition:
    @dg.job(name=name)
    def job() -> None:
        pass

    return job
