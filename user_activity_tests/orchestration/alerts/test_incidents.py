"""What happens in real runs, and who is told of it: once, in full, and never not at all."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster_shared.error import SerializableErrorInfo

from user_activity.files import locked_if_free
from user_activity.orchestration.alerts import sensor
from user_activity.orchestration.alerts.detect.owners import Owners
from user_activity.orchestration.alerts.detect.runs import PATIENCE, UNDECIDED
from user_activity.orchestration.alerts.incidents import IncidentLog
from user_activity.orchestration.alerts.messages import Undelivered
from user_activity.orchestration.assets import raw
from user_activity.orchestration.command_runs import Runner
from user_activity.orchestration.dbt import runner as dbt
from user_activity.orchestration.instance.process_locks import PROCESS_TAG
from user_activity.orchestration.partitions import range_tags
from user_activity.orchestration.resources import Progress
from user_activity.orchestration.runs.liveness import unfinished_runs
from user_activity.settings import Settings
from user_activity_tests.mailbox import HOST, Mailbox, free_port, mail_server, part

FIRST, SECOND = date(2025, 1, 3), date(2025, 1, 4)
HOUR = 3600
SECRET = "hunter2-webhook"


@dataclass
class Watched:
    """A platform whose failures are told, its mailbox, and a clock that can be put forward."""

    settings: Settings
    instance: dg.DagsterInstance
    owners: Owners
    mailbox: Mailbox = field(default_factory=Mailbox)
    later: float = 0
    server: ExitStack = field(default_factory=ExitStack)

    def up(self) -> None:
        self.server.enter_context(mail_server(self.mailbox, self.settings.smtp_port or 0))

    def down(self) -> None:
        self.server.close()

    def tick(self, later: float = 0) -> str:
        """A tick of the sensor, some seconds after the one before."""
        self.later += later
        return sensor.tick(self.settings, self.instance, self.owners, time.time() + self.later)

    def ticked(self) -> list[str]:
        """The subjects of the mails that a tick sends."""
        before = len(self.mailbox.mails)
        self.tick()
        return self.mailbox.subjects[before:]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        start_date=date(2025, 1, 1),
        late_after="never",
        alert_email_to="ops@example.org",
        alert_owners={"team:commerce": "commerce@example.org", "team:analytics": "analytics@example.org"},
        smtp_host=HOST,
        smtp_port=free_port(),
        smtp_security="none",
        smtp_password=SECRET,
    )


@pytest.fixture
def watched(settings: Settings, instance: dg.DagsterInstance, definitions: dg.Definitions) -> Iterator[Watched]:
    found = Watched(settings, instance, Owners(definitions.get_repository_def()))
    found.up()
    yield found
    found.down()


@pytest.fixture
def runner(watched: Watched, definitions: dg.Definitions) -> Runner:
    return Runner(definitions, watched.settings, watched.instance, "a test", Progress(), verbose=False)


def land(settings: Settings, source: str, name: str, *records: dict[str, object], day: date = FIRST) -> None:
    folder = settings.incoming_dir / source / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records))


def event(name: str, day: date = FIRST) -> dict[str, object]:
    return {"event_id": name, "user_id": "ann", "event_type": "page_view", "event_at": f"{day}T10:00:00Z"}


def dbt_that(monkeypatch: pytest.MonkeyPatch, change: Callable[[dbt.NodeResult], dbt.NodeResult]) -> None:
    """A dbt some of whose results are other than they were."""
    build = dbt.build
    monkeypatch.setattr(dbt, "build", lambda *given, **named: [change(result) for result in build(*given, **named)])


def a_test_fails(result: dbt.NodeResult) -> dbt.NodeResult:
    if result.relation.endswith("event_key_is_unique_in_fct_events"):
        sql = f"select 'e9 | größe' as event_key, '{'x' * 70} {SECRET}' as page_url"
        return replace(result, status="fail", failures=3, sql=sql, message="Got 3")
    return result


def a_model_fails(result: dbt.NodeResult) -> dbt.NodeResult:
    if result.relation == "marts.fct_events" and result.kind == "model":
        message = f"Binder Error: no such column (postgresql://me:pa55word@db/x?token=abc, {SECRET})"
        return replace(result, status="error", message=message)
    return result


def ended(
    watched: Watched, status: dg.DagsterRunStatus, tags: dict[str, str] | None = None, message: str = "It was killed."
) -> dg.DagsterRun:
    """A run that ended without a step of it having run."""

    @dg.job(name="build_models")
    def job() -> None:
        pass

    run = watched.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags or {})
    if status == dg.DagsterRunStatus.FAILURE:
        watched.instance.report_run_failed(run, message)
    elif status == dg.DagsterRunStatus.CANCELED:
        watched.instance.report_run_canceled(run)
    return run


@pytest.mark.long
def test_a_failed_check_reaches_the_owners_of_its_asset_with_counts_and_examples(
    runner: Runner, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(watched.settings, "events", "a.jsonl", event("e1"), event("e2", SECOND))
    dbt_that(monkeypatch, a_test_fails)
    assert not runner.run_pending().success
    assert watched.tick() == "Delivered 1 to analytics@example.org."
    (mail,) = watched.mailbox.mails
    assert watched.mailbox.recipients == ["analytics@example.org"]
    assert mail["Subject"] == "[user_activity] marts/fct_events: event_key_is_unique_in_fct_events does not hold"
    text, html = part(mail, "plain"), part(mail, "html")
    run = watched.instance.get_runs(dg.RunsFilter(job_name="build_models"))[0].run_id
    for shown in (
        "build_models", "2025-01-03..2025-01-04", "team:analytics", f"http://127.0.0.1:3000/runs/{run}",
        "3 rows break it; the first: event_key e9 | größe",
    ):  # fmt: skip
        assert shown in text
        assert shown in html
    assert "Failing rows   3" in text
    assert f"e9 | größe | {'x' * 70} ***" in text
    assert '">e9 | größe</td><td' in html
    assert SECRET[:8] not in text + html
    assert watched.tick() == "There is no new alert."


@pytest.mark.long
def test_a_failed_model_names_its_cause_and_no_secret(
    runner: Runner, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(watched.settings, "events", "a.jsonl", event("e1"))
    dbt_that(monkeypatch, a_model_fails)
    runner.run_pending()
    watched.tick()
    (mail,) = watched.mailbox.mails
    assert watched.mailbox.recipients == ["analytics@example.org"]
    assert mail["Subject"].startswith(
        "[user_activity] build_models failed in models: marts.fct_events: Binder Error: no"
    )
    assert "marts.fct_events: Binder Error: no such column (postgresql://me:***@db/x?token=***, ***)" in part(
        mail, "plain"
    )
    kept = (watched.settings.alerts_dir / "memory.json").read_text()
    for secret in ("pa55word", "abc", SECRET):
        assert secret not in mail.as_string()
        assert secret not in kept


@pytest.mark.long
def test_a_source_that_fails_is_told_to_whoever_owns_it(
    runner: Runner, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(raw.ingest, "ingest", fail)
    monkeypatch.setattr("time.sleep", lambda _: None)
    land(watched.settings, "orders", "o.jsonl", {})
    land(watched.settings, "users", "u.jsonl", {})
    runner.run_pending()
    monkeypatch.undo()
    watched.tick()
    told = dict(zip(watched.mailbox.recipients, watched.mailbox.subjects, strict=True))
    assert told == {
        "commerce@example.org": "[user_activity] ingest_orders failed in raw__orders: OSError: the disk is gone",
        "ops@example.org": "[user_activity] ingest_users failed in raw__users: OSError: the disk is gone",
    }


@pytest.mark.long
def test_a_check_of_a_run_that_succeeds_is_told_by_partition(
    runner: Runner, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are missing from a partition's Parquet."""
    missing = "user_activity.orchestration.assets.checks._missing_rows"
    monkeypatch.setattr(missing, lambda settings, file: iter([f"{file.file_name}: 1 rows accepted, 0 in its part"]))
    for day in (FIRST, SECOND):
        land(watched.settings, "events", f"{day}.jsonl", event(str(day), day), day=day)
    runner.run_pending()
    watched.tick()
    text = watched.mailbox.texts[0]
    assert watched.mailbox.subjects == [
        "[user_activity] raw/events: every_landed_row_is_accepted_or_quarantined does not hold"
    ]
    assert "2025-01-03..2025-01-04" in text
    assert "2025-01-03.jsonl: 1 rows accepted, 0 in its part\n  2025-01-04.jsonl: 1 rows" in text
    assert "Rows landed    2" in text


@pytest.mark.long
def test_warnings_are_told_where_a_setting_says_so(runner: Runner, watched: Watched) -> None:
    land(watched.settings, "events", "a.jsonl", event("e1"))
    assert runner.run_pending().success
    assert watched.ticked() == []
    watched.settings = watched.settings.model_copy(update={"alert_on_warnings": True})
    (watched.settings.alerts_dir / "memory.json").unlink()
    (subject,) = watched.ticked()
    assert subject.startswith("[user_activity] 2 alerts: marts/fct_")
    assert subject.endswith("_a_day_are_within_bounds warns")


def test_a_run_without_a_step_that_failed_says_what_dagster_said(watched: Watched) -> None:
    ended(
        watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"}, "Exceeded maximum runtime of 7200 seconds."
    )
    assert watched.ticked() == ["[user_activity] build_models failed: Exceeded maximum runtime of 7200 seconds."]
    assert watched.mailbox.recipients == ["ops@example.org"]


def test_a_run_that_was_cancelled_or_succeeded_is_nobodys_problem(watched: Watched) -> None:
    ended(watched, dg.DagsterRunStatus.CANCELED)
    assert watched.ticked() == []


def test_a_run_that_dagster_starts_again_is_told_of_only_when_it_does_not(watched: Watched) -> None:
    ended(watched, dg.DagsterRunStatus.FAILURE, range_tags([FIRST]))
    started_again = ended(watched, dg.DagsterRunStatus.FAILURE, range_tags([SECOND]))
    watched.instance.add_run_tags(started_again.run_id, {"dagster/auto_retry_run_id": "another"})
    assert watched.ticked() == []
    watched.later += PATIENCE - 60
    assert watched.ticked() == []
    watched.later += 120
    assert watched.ticked() == ["[user_activity] build_models failed: It was killed."]
    assert watched.ticked() == []


def test_a_killed_run_whose_dates_are_built_by_another_is_not_told_of(watched: Watched) -> None:
    dates = range_tags([FIRST, SECOND])

    @dg.job(name="build_models")
    def job() -> None:
        pass

    for tags in (dates, range_tags([date(2025, 2, 1)])):
        watched.instance.create_run_for_job(
            job, status=dg.DagsterRunStatus.STARTED, tags={**tags, PROCESS_TAG: "a lock that is gone"}
        )
    unfinished_runs(watched.instance, watched.settings)
    assert watched.ticked() == []
    watched.instance.create_run_for_job(job, status=dg.DagsterRunStatus.NOT_STARTED, tags=dates)
    watched.later += PATIENCE + 1
    assert len(watched.ticked()) == 1
    assert "2025-02-01" in watched.mailbox.texts[0]
    assert "2025-01-03" not in watched.mailbox.texts[0]


def test_a_run_is_judged_only_when_dagster_has_said_whether_it_goes_on(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(watched.instance), "add_run_tags", lambda *_: None)
        ended(watched, dg.DagsterRunStatus.FAILURE)
    assert watched.ticked() == []
    watched.later += UNDECIDED + 1
    assert len(watched.ticked()) == 1


def test_a_mail_server_that_is_down_loses_nothing(watched: Watched) -> None:
    watched.down()
    ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"})
    with pytest.raises(Undelivered, match="cannot be reached"):
        watched.tick()
    watched.up()
    assert watched.ticked() == ["[user_activity] build_models failed: It was killed."]


def test_a_mail_server_that_stays_down_is_asked_ever_less_often_and_then_told_everything(watched: Watched) -> None:
    watched.down()
    ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"}, "It was the first.")
    for _ in range(50):
        with pytest.raises(Undelivered):
            watched.tick(later=30)
    assert IncidentLog.read(watched.settings.alerts_dir).troubles["email:ops@example.org"].tries < 10
    ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"}, "It was another.")
    watched.up()
    watched.tick(later=600)
    (text,) = watched.mailbox.texts
    assert "It was the first." in text
    assert "It was another." in text


def test_an_address_that_stays_refused_is_told_to_the_others(watched: Watched) -> None:
    watched.settings = watched.settings.model_copy(update={"alert_email_to": ("ops@example.org", "gone@example.org")})
    watched.mailbox.refused = {"gone@example.org"}
    ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"})
    for later in (0, 30, 1000):
        with pytest.raises(Undelivered, match=r"refuses gone@example.org: 550"):
            watched.tick(later=later)
    assert watched.mailbox.subjects == [
        "[user_activity] build_models failed: It was killed.",
        "[user_activity] Alerts do not get through to gone@example.org",
    ]
    assert set(watched.mailbox.recipients) == {"ops@example.org"}
    # An address that is corrected gets what the wrong one did not.
    watched.settings = watched.settings.model_copy(update={"alert_email_to": ("ops@example.org", "new@example.org")})
    watched.tick(later=600)
    assert watched.mailbox.recipients[-1] == "new@example.org"


def test_repeats_are_counted_and_told_with_the_next_mail(watched: Watched) -> None:
    final = {"dagster/max_retries": "0"}
    for number in range(7):
        ended(
            watched, dg.DagsterRunStatus.FAILURE, final | range_tags([date(2025, 1, 3 + number)]), f"No file {number}."
        )
        watched.ticked()
    assert watched.mailbox.subjects == ["[user_activity] build_models failed: No file 0."]
    watched.tick(later=6 * HOUR)
    assert watched.mailbox.subjects[1:] == ["[user_activity] build_models failed: No file 6. (6 times)"]
    text = watched.mailbox.texts[1]
    assert "6 times since" in text
    assert "told before at" in text
    assert "2025-01-04..2025-01-09" in text
    watched.tick(later=6 * HOUR)
    assert len(watched.mailbox.mails) == 2
    ended(watched, dg.DagsterRunStatus.FAILURE, final, "No file 7.")
    assert watched.ticked() == ["[user_activity] build_models failed: No file 7."]


def test_what_was_told_survives_a_restart_and_an_unreadable_memory_tells_again(watched: Watched) -> None:
    ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"})
    assert len(watched.ticked()) == 1
    memory = watched.settings.alerts_dir / "memory.json"
    assert IncidentLog.read(watched.settings.alerts_dir).write() is None
    assert watched.ticked() == []
    memory.write_text('{"since": 1')
    assert len(watched.ticked()) == 1
    assert memory.with_suffix(".unreadable").exists()


def test_a_tick_that_dies_before_sending_loses_nothing(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"})
    with monkeypatch.context() as patch:
        patch.setattr(sensor, "deliver", die)
        with pytest.raises(KeyboardInterrupt):
            watched.tick()
    assert len(watched.ticked()) == 1


def test_runs_with_clocks_that_differ_are_not_skipped(watched: Watched) -> None:
    """A run that is stored late, with an earlier end than those that were judged before it."""
    final = {"dagster/max_retries": "0"}
    ended(watched, dg.DagsterRunStatus.FAILURE, final, "It was first.")
    run = ended(watched, dg.DagsterRunStatus.STARTED, final)
    assert len(watched.ticked()) == 1
    failed = dg.DagsterEvent(dg.DagsterEventType.RUN_FAILURE.value, run.job_name, message="It was late.")
    watched.instance.run_storage.handle_run_event(run.run_id, failed, datetime.fromtimestamp(time.time() - 300, UTC))
    assert watched.ticked() == ["[user_activity] build_models failed: no message says why"]


def test_a_run_that_cannot_be_read_and_a_lake_that_cannot_be_judged_hide_nothing(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = {"dagster/max_retries": "0"}
    unreadable = ended(watched, dg.DagsterRunStatus.FAILURE, final)
    ended(watched, dg.DagsterRunStatus.FAILURE, final, "It was another.")
    logs = watched.instance.all_logs

    def read(run_id: str, **named: Any) -> Any:
        if run_id == unreadable.run_id:
            raise ValueError("an event of another version")
        return logs(run_id, **named)

    def judge(*_: object) -> None:
        raise OSError("the lake is gone")

    monkeypatch.setattr(watched.instance, "all_logs", read)
    monkeypatch.setattr(sensor, "late_data", judge)
    with pytest.raises(Undelivered, match="the lake is gone"):
        watched.tick()
    (text,) = watched.mailbox.texts
    assert "build_models ended, and its events cannot be read" in text
    assert "an event of another version" in text
    assert "It was another." in text


def test_one_tick_at_a_time(watched: Watched) -> None:
    ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"})
    with locked_if_free(watched.settings.alerts_dir / ".lock") as free:
        assert free
        assert watched.tick() == "Another tick is running."
    assert len(watched.ticked()) == 1


def test_many_problems_are_one_mail(watched: Watched) -> None:
    for number in range(30):
        name = "abcdefghijklmnopqrstuvwxyzäöüß"[number]
        ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"}, f"No {name}.")
    assert watched.ticked() == ["[user_activity] 25 alerts: build_models failed: No a."]
    assert "5 more alerts follow." in watched.mailbox.texts[0]
    assert watched.ticked() == ["[user_activity] 5 alerts: build_models failed: No z."]


def test_without_a_channel_the_sensor_says_so(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    nobody = Settings(_env_file=None, data_dir=tmp_path)
    context = dg.build_sensor_context(instance=instance, resources={"settings": nobody})
    skipped = sensor.build_alert_sensor(nobody)(context)
    assert isinstance(skipped, dg.SkipReason)
    assert "USER_ACTIVITY_ALERT_EMAIL_TO" in (skipped.skip_message or "")
    assert not nobody.alerts_dir.exists()


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.long
def test_data_that_has_not_come_by_its_time_is_late_once(watched: Watched, runner: Runner) -> None:
    land(watched.settings, "events", "a.jsonl", event("e1"), day=FIRST)
    land(watched.settings, "orders", "o.jsonl", {"not": "an order"}, day=FIRST)
    runner.run_pending()
    watched.settings = watched.settings.model_copy(
        update={"late_after": datetime.fromisoformat("2025-01-01T06:30").time(), "late_sources": ("events", "orders")}
    )

    def told(moment: str) -> list[str]:
        before = len(watched.mailbox.mails)
        sensor.tick(watched.settings, watched.instance, watched.owners, at(moment))
        return sorted(watched.mailbox.subjects[before:])

    assert told("2025-01-02T06:29:59") == []  # the day before the first partition
    assert told("2025-01-04T06:29:59") == [
        "[user_activity] events: nothing has landed for 2025-01-02",
        "[user_activity] orders: nothing has landed for 2025-01-02",
    ]
    assert told("2025-01-04T06:30:00") == ["[user_activity] orders: nothing has landed for 2025-01-03"]
    assert "None have ever landed." in watched.mailbox.texts[-1]
    assert watched.mailbox.recipients[-1] == "commerce@example.org"
    assert told("2025-01-04T23:00:00") == []
    assert told("2025-01-05T07:00:00") == [
        "[user_activity] events: nothing has landed for 2025-01-04",
        "[user_activity] orders: nothing has landed for 2025-01-04",
    ]
    assert any("The latest that landed are of 2025-01-03." in text for text in watched.mailbox.texts)
    land(watched.settings, "events", "b.jsonl", event("e2", SECOND), day=date(2025, 1, 5))
    assert told("2025-01-05T08:00:00") == []


def test_a_weekly_source_is_late_after_its_monday(watched: Watched) -> None:
    watched.settings = watched.settings.model_copy(
        update={"late_after": datetime.fromisoformat("2025-01-01T06:00").time(), "late_sources": ("products",)}
    )

    def told(moment: str) -> list[str]:
        before = len(watched.mailbox.mails)
        sensor.tick(watched.settings, watched.instance, watched.owners, at(moment))
        return watched.mailbox.subjects[before:]

    assert told("2025-01-06T05:00:00") == []  # the week of the first partition began before it
    assert told("2025-01-06T06:00:00") == ["[user_activity] products: nothing has landed the week of 2025-01-06"]
    assert told("2025-01-12T09:00:00") == []
    land(watched.settings, "products", "p.jsonl", {}, day=date(2025, 1, 13))
    assert told("2025-01-13T06:00:00") == []


def test_a_source_that_does_not_exist_is_said_and_stops_nothing_else(watched: Watched) -> None:
    watched.settings = watched.settings.model_copy(update={"late_sources": ("clicks",)})
    ended(watched, dg.DagsterRunStatus.FAILURE, {"dagster/max_retries": "0"})
    with pytest.raises(Undelivered, match="USER_ACTIVITY_LATE_SOURCES names clicks"):
        watched.tick()
    assert len(watched.mailbox.mails) == 1


def test_a_sensor_that_keeps_failing_is_told_once(watched: Watched) -> None:
    origin = RemoteInstigatorOrigin(
        RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("user_activity"), "__repository__"), "touched_dates"
    )
    state = InstigatorState(
        origin, InstigatorType.SENSOR, InstigatorStatus.DECLARED_IN_CODE, SensorInstigatorData(min_interval=10)
    )
    watched.instance.add_instigator_state(state)

    def fail(status: TickStatus) -> None:
        error = SerializableErrorInfo("OSError: the disk is gone\n", [], "OSError")
        watched.instance.create_tick(
            TickData(
                state.instigator_origin_id, "touched_dates", InstigatorType.SENSOR, status, time.time(),
                error=error if status == TickStatus.FAILURE else None, selector_id=state.selector_id,
            )
        )  # fmt: skip

    fail(TickStatus.FAILURE)
    assert watched.ticked() == []
    fail(TickStatus.FAILURE)
    fail(TickStatus.STARTED)
    assert watched.ticked() == ["[user_activity] sensor touched_dates fails: OSError: the disk is gone"]
    fail(TickStatus.FAILURE)
    assert watched.ticked() == []
    fail(TickStatus.SKIPPED)
    assert watched.ticked() == []
