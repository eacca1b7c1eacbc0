"""What ran and what checks found, as tables: complete, once, in the right state, and without secrets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from user_activity.orchestration.command_runs import open_runner
from user_activity.orchestration.dbt import runner as dbt
from user_activity.orchestration.instance.home import latest_runs
from user_activity.orchestration.jobs import BUILD
from user_activity.orchestration.masking import masked
from user_activity.orchestration.outcome import Outcome
from user_activity.orchestration.partitions import range_tags
from user_activity.orchestration.runs.history import RECORD
from user_activity.orchestration.sensors import build_recording_sensor
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse

pytestmark = pytest.mark.long

FIRST, SECOND, THIRD = date(2025, 1, 3), date(2025, 1, 10), date(2025, 2, 20)
TABLES = ("pipeline_runs", "run_dates", "row_counts", "dq_results")
BOUNDS = {"min_events_per_day": 3, "min_orders_per_day": 0}
PASSWORD = "pa55:w@rd"
ADDRESS = f"postgresql://loader:{PASSWORD}@db.example:5432/shop"
EVALUATED = dg.DagsterEventType.ASSET_CHECK_EVALUATION


@dataclass
class History:
    """A history of runs, good and bad, and what was published while a check had failed."""

    settings: Settings
    published: list[dict[str, Any]]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return list(open_warehouse(self.settings).query(sql).rows)

    def tables(self) -> dict[str, Counter[tuple[Any, ...]]]:
        return {name: Counter(self.query(f"select * from audit.{name}")) for name in TABLES}


def land(settings: Settings, day: date, *names: str, **fields: object) -> None:
    folder = settings.incoming_dir / "events" / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    event = {"user_id": "ann", "event_type": "page_view", "event_at": f"{day}T10:00:00Z", **fields}
    lines = [json.dumps({"event_id": name, **event}) + "\n" for name in names]
    (folder / f"{names[0]}.jsonl").write_text("".join(lines))


def settle(settings: Settings) -> Outcome:
    with open_runner(settings) as runner:
        return runner.run_pending()


def settle_with(settings: Settings, relation: str, **outcome: object) -> Outcome:
    """A run in which a model or test comes out otherwise."""
    build = dbt.build

    def broken(*arguments: Any, **named: Any) -> list[dbt.NodeResult]:
        results = build(*arguments, **named)
        return [replace(found, **outcome) if found.relation.endswith(relation) else found for found in results]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "build", broken)
        return settle(settings)


def kill_a_build(settings: Settings) -> None:
    """`user-activity run`, killed while it builds."""
    environment = {f"USER_ACTIVITY_{name}".upper(): str(value) for name, value in BOUNDS.items()}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("user-activity")), "run"],
        env={**os.environ, **environment, "USER_ACTIVITY_DATA_DIR": str(settings.data_dir)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while (latest_runs(settings, 1)[0]["job"], latest_runs(settings, 1)[0]["state"]) != (BUILD, "started"):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert latest_runs(settings, 1)[0]["state"] == "killed"  # although Dagster still says that it has started


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("audit"), **BOUNDS)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE"):
            patch.setenv(name, "")
        # The day has fewer events than it should have: a check warns.
        land(settings, FIRST, "first")
        assert settle(settings).success
        # A check of error severity fails: what was built is not published.
        land(settings, SECOND, "second", "third", user_id="bob")
        failing = {"status": "fail", "failures": 3, "sql": "select 'e9' as event_key", "message": "Got 3 results"}
        assert not settle_with(settings, "event_key_is_unique_in_fct_events", **failing).success
        published = open_warehouse(settings).ask_published("select * from metrics.daily_metrics").records()
        # A model cannot be built, and says where it wanted to write.
        broken = {"status": "error", "message": f"IO Error: no connection to {ADDRESS}"}
        assert not settle_with(settings, "marts.fct_sessions", **broken).success
        # A build is killed; the next one does its work, and that of the other two.
        land(settings, THIRD, "late", event_at=f"{FIRST}T12:00:00Z")
        kill_a_build(settings)
        assert settle(settings).success
        yield History(settings, published)


def instance_of(history: History) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(history.settings.dagster_home))


def test_every_run_is_there_once_in_its_state(history: History) -> None:
    with instance_of(history) as instance:
        expected = Counter(
            (run.run_id, run.job_name, run.status.value.lower())
            for run in instance.get_runs()
            if run.job_name != RECORD
        )
    assert Counter(history.query("select run_id, job, state from audit.pipeline_runs")) == expected
    by_job = Counter(history.query("select job, state from audit.pipeline_runs"))
    assert by_job == {
        ("ingest_events", "success"): 3,
        ("build_models", "success"): 2,
        ("build_models", "failure"): 3,
    }


def test_a_run_tells_its_dates_times_rows_and_who_asked_for_it(history: History) -> None:
    runs = history.query(
        "select dates, launched_by, row_count, seconds, date_diff('millisecond', started_at, ended_at) / 1000 "
        "from audit.pipeline_runs where job = 'ingest_events' order by started_at"
    )
    assert [run[:3] for run in runs] == [
        ("2025-01-03", "command line", 1),
        ("2025-01-10", "command line", 2),
        ("2025-02-20", "command line", 1),
    ]
    assert all(seconds > 0 and seconds == pytest.approx(between, abs=0.01) for *_, seconds, between in runs)
    built = history.query(
        "select list(run_date order by run_date) from audit.run_dates join audit.pipeline_runs using (run_id) "
        "where job = 'build_models' and state = 'success' group by run_id order by min(started_at)"
    )
    assert built == [([FIRST],), ([FIRST, SECOND, THIRD],)]


def test_a_failure_names_its_cause_without_secrets(history: History) -> None:
    errors = [
        error
        for (error,) in history.query(
            "select error from audit.pipeline_runs where state = 'failure' order by started_at"
        )
    ]
    assert "event_key_is_unique_in_fct_events" in errors[0]
    assert "marts.fct_sessions: IO Error: no connection to postgresql://loader:***@db.example:5432/shop" in errors[1]
    assert errors[2] == "The process of this run was killed."
    everything = str([history.query(f"select * from audit.{name}") for name in TABLES])
    assert PASSWORD not in everything


def test_every_evaluation_of_a_check_is_there_once(history: History) -> None:
    with instance_of(history) as instance:
        expected = Counter(
            (run.run_id, ".".join(found.asset_key.path), found.check_name, found.passed)
            for run in instance.get_runs()
            for entry in instance.all_logs(run.run_id, of_type=EVALUATED)
            for found in [entry.get_dagster_event().asset_check_evaluation_data]
        )
    assert len(expected) > 100
    assert Counter(history.query("select run_id, relation, check_name, passed from audit.dq_results")) == expected
    silent = "select relation, check_name from audit.dq_results where expected is null or observed is null"
    assert history.query(silent) == []


def test_a_partition_of_raw_has_an_evaluation_of_its_own(history: History) -> None:
    found = history.query(
        "select partition_date, severity, passed, failing_rows, observed from audit.dq_results "
        "where check_name = 'every_landed_row_is_accepted_or_quarantined' order by partition_date"
    )
    assert found == [
        (FIRST, "error", True, 0, "files 1, rows landed 1"),
        (SECOND, "error", True, 0, "files 1, rows landed 2"),
        (THIRD, "error", True, 0, "files 1, rows landed 1"),
    ]


def test_failures_show_what_fails(history: History) -> None:
    found = history.query(
        "select relation, check_name, severity, failing_rows, observed, failing_examples from audit.dq_failures "
        "order by evaluated_at limit 2"
    )
    assert found == [
        (
            "marts.fct_events",
            "events_a_day_are_within_bounds",
            "warn",
            1,
            "found 1",
            '[{"day": "2025-01-03", "events": 1}]',
        ),
        (
            "marts.fct_events",
            "event_key_is_unique_in_fct_events",
            "error",
            3,
            "3 rows break it; the first: event_key e9.; failing rows 3",
            '[{"event_key": "e9"}]',
        ),
    ]


def test_rows_are_compared_with_those_of_the_run_before(history: History) -> None:
    deltas = history.query(
        "select partition_date, row_count, previous_row_count, row_delta from audit.row_deltas "
        "where relation = 'marts.fct_events' order by partition_date, counted_at"
    )
    assert (FIRST, 1, None, None) in deltas
    assert (FIRST, 2, 1, 1) in deltas
    assert (SECOND, 2, 2, 0) in deltas
    stored = history.query("select count(*) from audit.row_counts where relation like 'published%'")
    assert stored == [(0,)]


def test_a_day_tells_of_the_run_that_built_it_and_of_checks_as_they_stand(history: History) -> None:
    columns = "metric_date, events, failed_checks, warned_checks"
    ((seconds,),) = history.query(
        "select seconds from audit.pipeline_runs where job = 'build_models' and state = 'success' "
        "order by started_at desc limit 1"
    )
    days = history.query(f"select {columns}, runtime_seconds from metrics.daily_metrics order by 1")
    # Two days have fewer events than they should: the one evaluation over all three warns, and counts for each of them.
    assert days == [(day, events, 1, 1, seconds) for day, events in ((FIRST, 2), (SECOND, 2), (THIRD, 0))]
    published = open_warehouse(history.settings).ask_published(
        f"select {columns}, runtime_seconds from metrics.daily_metrics order by 1"
    )
    assert list(published.rows) == days
    # Only a late row has landed on the third day: that its own events are still to come is no finding.
    ((shown,),) = history.query(
        "select failing_examples from audit.dq_failures where check_name = 'events_a_day_are_within_bounds' "
        "order by evaluated_at desc limit 1"
    )
    assert [found["day"] for found in json.loads(shown)] == [str(FIRST), str(SECOND)]


def test_what_a_failed_check_holds_back_is_not_published_by_recording_the_run(history: History) -> None:
    (day,) = history.published
    assert (day["metric_date"], day["events"]) == (FIRST, 1)
    assert day["runtime_seconds"] > 0


def test_another_recording_changes_nothing(history: History) -> None:
    before = history.tables()
    with open_runner(history.settings) as runner:
        assert runner.execute(Outcome(), RECORD, {})
        assert runner.execute(Outcome(), RECORD, {})
    assert history.tables() == before


def test_the_columns_are_those_described(history: History, definitions: dg.Definitions) -> None:
    sources = json.loads(dbt.ensure_manifest(history.settings).read_bytes())["sources"].values()
    described = {
        (source["name"], name, column["data_type"].replace(" precision", ""))
        for source in sources
        for name, column in source["columns"].items()
        if source["name"] in TABLES
    }
    built = history.query(
        "select table_name, column_name, lower(data_type) from information_schema.columns where table_schema = 'audit'"
    )
    assert {column for column in built if column[0] in TABLES} == described


def test_what_the_instance_forgets_stays(history: History) -> None:
    before = history.tables()
    with open_runner(history.settings) as runner:
        for run in runner.instance.get_runs(limit=4):
            runner.instance.delete_run(run.run_id)
        assert runner.execute(Outcome(), RECORD, {})
    assert history.tables() == before


@pytest.fixture
def runs(instance: dg.DagsterInstance, tmp_path: Path) -> "Runs":
    return Runs(instance, Settings(_env_file=None, data_dir=tmp_path))


class Runs:
    """Runs that an instance is told of, and the sensor that asks for their recording."""

    def __init__(self, instance: dg.DagsterInstance, settings: Settings) -> None:
        self._instance, self._settings, self._cursor = instance, settings, None

    def make(self, status: dg.DagsterRunStatus, job: str = BUILD) -> dg.DagsterRun:
        @dg.job(name=job)
        def sleeper() -> None:
            pass

        return self._instance.create_run_for_job(sleeper, status=status, tags=range_tags([FIRST]))

    def asked(self) -> int:
        context = dg.build_sensor_context(
            instance=self._instance, cursor=self._cursor, resources={"settings": self._settings}
        )
        result = build_recording_sensor(self._settings)(context)
        if not isinstance(result, dg.SensorResult):
            return 0
        self._cursor = result.cursor
        return len(result.run_requests or [])


def test_a_recording_is_asked_for_once_and_not_for_recordings(runs: Runs) -> None:
    assert runs.asked() == 0
    runs.make(dg.DagsterRunStatus.SUCCESS)
    runs.make(dg.DagsterRunStatus.FAILURE)
    assert [runs.asked(), runs.asked()] == [1, 0]
    runs.make(dg.DagsterRunStatus.SUCCESS, RECORD)
    assert runs.asked() == 0
    runs.make(dg.DagsterRunStatus.CANCELED)
    assert runs.asked() == 1


def test_a_recording_waits_until_no_run_goes_on(runs: Runs, instance: dg.DagsterInstance) -> None:
    runs.make(dg.DagsterRunStatus.SUCCESS)
    going_on = runs.make(dg.DagsterRunStatus.STARTED)
    assert runs.asked() == 0
    instance.report_run_failed(going_on)
    assert runs.asked() == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to postgresql://a:b@h/d failed", "to postgresql://a:***@h/d failed"),
        ("postgresql+psycopg2://a:b@c:d/e@h:5432/d?x=y", "postgresql+psycopg2://a:***@h:5432/d?x=y"),
        ("host=h user=a password=b dbname=d", "host=h user=a password=*** dbname=d"),
        ("https://h/d?password=b&x=1", "https://h/d?password=***&x=1"),
        ("{'password': 'b c', 'user': 'a'}", "{'password': ***, 'user': 'a'}"),
        ("PGPASSWORD=b psql", "PGPASSWORD=*** psql"),
        ("http://127.0.0.1:3000/runs/1 failed", "http://127.0.0.1:3000/runs/1 failed"),
        ("authentication with p%40ss or p@ss failed", "authentication with *** or *** failed"),
    ],
)
def test_secrets_are_masked(text: str, shown: str, settings: Settings) -> None:
    secret = settings.model_copy(update={"warehouse_url": SecretStr("postgresql://a:p%40ss@h/d")})
    assert masked(text, secret) == shown
