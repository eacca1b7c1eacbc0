"""Runs in one process: what they do to partitions, what they remember, and what a failure leaves behind."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from user_activity.ingest.landing import incoming, originals
from user_activity.orchestration import built_tables, staleness
from user_activity.orchestration.assets import raw
from user_activity.orchestration.command_runs import Runner, open_runner
from user_activity.orchestration.dbt import runner as dbt
from user_activity.orchestration.outcome import Outcome
from user_activity.orchestration.partitions import ONLY_STALE, range_tags
from user_activity.orchestration.runs.liveness import hold, is_at_work, release
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse
from user_activity.warehouse.duckdb import DuckDBWarehouse

FIRST, LATER = date(2025, 1, 3), date(2025, 2, 20)


@pytest.mark.usefixtures("environment_restored")
def test_definitions_are_made_of_settings_of_every_kind(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        field_maps={
            "events": {
                "user_id": ["userId", "visitor.id"],
                "event_at": {"field": "when", "format": "%d/%m/%Y", "zone": "Europe/Berlin"},
                "event_type": {"field": "kind", "values": {"PV": "page_view"}, "const": "click"},
                "revenue": {"expression": "cents / 100"},
                "country": {"const": None},
            }
        },
        databases={"orders": {"url": "sqlite:///shop.db", "table": "orders", "overlap": "1 hour"}},
        alert_email_to="Ann <ann@example.org>",
        smtp_password="secret",
        late_after="never",
    )
    with open_runner(settings) as runner:
        assert (
            dg.AssetKey(["landing", "orders_database"]) in runner.definitions.resolve_asset_graph().get_all_asset_keys()
        )


@pytest.fixture
def environment_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")


@pytest.fixture
def runner(settings: Settings, environment_restored: None) -> Iterator[Runner]:
    with open_runner(settings) as opened:
        yield opened


def land(settings: Settings, landing_date: date, name: str, *records: dict[str, object]) -> None:
    folder = settings.incoming_dir / "events" / landing_date.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records))


def event(name: str, day: date, **fields: object) -> dict[str, object]:
    return {"event_id": name, "user_id": "ann", "event_type": "page_view", "event_at": f"{day}T10:00:00Z", **fields}


def row_counts(runner: Runner, asset: str) -> dict[str | None, object]:
    """The latest count that each partition of an asset shows."""
    records = runner.instance.fetch_materializations(dg.AssetKey(asset.split("/")), limit=100).records
    counts: dict[str | None, object] = {}
    for record in records:
        assert record.asset_materialization
        value = record.asset_materialization.metadata.get("dagster/partition_row_count")
        counts.setdefault(record.partition_key, value.value if value else None)
    return counts


@pytest.mark.long
def test_a_late_row_rebuilds_its_date_and_the_day_it_landed_on_and_one_asset_can_be_built_alone(
    runner: Runner, settings: Settings
) -> None:
    land(settings, FIRST, "a.jsonl", event("e1", FIRST))
    assert runner.run_pending().rebuilt == {FIRST}
    land(settings, LATER, "late.jsonl", event("e2", FIRST), event("e3", LATER))
    outcome = runner.run_pending()
    assert outcome.success
    assert outcome.rebuilt == {FIRST, LATER}
    assert [run.dagster_run.job_name for run in outcome.runs] == ["ingest_events", "build_models"]
    assert row_counts(runner, "raw/events") == {str(FIRST): 1, str(LATER): 2}
    assert row_counts(runner, "marts/fct_events") == {str(FIRST): 2, str(LATER): 1}
    assert runner.run_pending().runs == []

    alone = runner.backfill(FIRST, FIRST, "key:marts/fct_sessions", rebuild_raw=False)
    assert alone.success
    built = {event.asset_key for run in alone.runs for event in run.get_asset_materialization_events()}
    assert built == {dg.AssetKey(["marts", "fct_sessions"])}


def test_a_run_that_could_not_read_a_file_fails_and_names_it_and_ingests_the_others(
    runner: Runner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        land(settings, FIRST, f"{number}.jsonl", event(f"e{number}", FIRST))
    digest = originals.sha256_of

    def refused(path: Path) -> str:
        if path.name == "1.jsonl":
            raise PermissionError(13, "Permission denied")
        return digest(path)

    monkeypatch.setattr(originals, "sha256_of", refused)
    monkeypatch.setattr("time.sleep", lambda _: None)
    outcome = Outcome()
    assert not runner.execute(outcome, "ingest_events", range_tags([FIRST]))
    (told,) = outcome.failures
    assert "1.jsonl may not be read or moved (PermissionError: Permission denied)" in told
    assert row_counts(runner, "raw/events") == {str(FIRST): 2}
    assert [file.name for file in incoming.scan(settings)] == ["1.jsonl"]


def raw_page(runner: Runner, day: date) -> Mapping[str, Any]:
    """What the page of a day's events shows."""
    partition = dg.AssetRecordsFilter(asset_key=dg.AssetKey(["raw", "events"]), asset_partitions=[str(day)])
    (record,) = runner.instance.fetch_materializations(partition, limit=1).records
    assert record.asset_materialization
    return {name: shown.value for name, shown in record.asset_materialization.metadata.items()}


@pytest.mark.long
def test_a_rejected_row_shows_on_the_page_of_its_day_and_its_later_repair_does_too(
    runner: Runner, settings: Settings
) -> None:
    states = "select file_name, row_number, state from audit.bad_records"
    land(settings, FIRST, "a.jsonl", event("e1", FIRST, event_type="swipe"))
    outcome = runner.run_pending()
    assert outcome.success  # although no row is good
    (taken,) = outcome.files
    assert (taken.file.rows_landed, taken.file.rows_accepted, taken.file.rows_quarantined) == (1, 0, 1)
    page = raw_page(runner, FIRST)
    assert (page["rows_quarantined"], page["rows_open"]) == (1, 1)
    by_rule = page["quarantined_by_rule"]
    assert isinstance(by_rule, dg.TableMetadataValue)
    assert [dict(record.data) for record in by_rule.records] == [{"rule": "event_type_unknown", "rows": 1}]
    assert "a.jsonl" in str(page["files"])
    assert open_warehouse(settings).query(states).rows == (("a.jsonl", 1, "open"),)

    land(settings, LATER, "b.jsonl", event("e1", FIRST) | {"_quarantine_id": f"{taken.file.file_sha256[:16]}-1"})
    assert runner.run_pending().success
    page = raw_page(runner, FIRST)
    assert (page["rows_quarantined"], page["rows_open"]) == (1, 0)
    assert "e1" in str(raw_page(runner, LATER)["preview"])
    assert open_warehouse(settings).query(states).rows == (("a.jsonl", 1, "superseded"),)


@pytest.mark.long
def test_dates_that_another_live_run_builds_or_has_built_are_not_built_twice(
    runner: Runner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    land(settings, FIRST, "a.jsonl", event("e1", FIRST))
    with monkeypatch.context() as patch:
        patch.setattr(DuckDBWarehouse, "publish", dies)
        assert not runner.run_pending().success
    (other,) = set(staleness.work(settings).begun.values())
    assert not is_at_work(settings, other)
    asked = range_tags([FIRST]) | {ONLY_STALE: "true"}

    def built(outcome: Outcome) -> set[dg.AssetKey | None]:
        assert runner.execute(outcome, "build_models", asked)
        made = {event.asset_key for event in outcome.runs[-1].get_asset_materialization_events()}
        return {key for key in made if key and key.path[0] in ("marts", "published")}

    outcome = Outcome()
    hold(settings, other)  # as the process does that works on the run
    assert not built(outcome)
    waiting = threading.Thread(target=lambda: (time.sleep(3), release(other)))
    waiting.start()
    started = time.monotonic()
    assert runner.run_pending().rebuilt == {FIRST}  # the run ended without its dates
    assert time.monotonic() - started > 2.5
    waiting.join()
    assert not built(outcome)
    hold(settings, other)
    land(settings, FIRST, "b.jsonl", event("e2", FIRST))  # more than that run could know of
    assert runner.run_pending().rebuilt == {FIRST}


@pytest.mark.long
def test_a_step_that_is_tried_again_builds_what_its_first_attempt_had_begun(
    runner: Runner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, attempts = built_tables.finish, []

    def lost_once(*arguments: Any, **named: Any) -> None:
        attempts.append(arguments)
        if len(attempts) == 1:
            raise ConnectionError("the server was started again")
        finish(*arguments, **named)

    monkeypatch.setattr(built_tables, "finish", lost_once)
    land(settings, FIRST, "a.jsonl", event("e1", FIRST))
    assert runner.run_pending().rebuilt == {FIRST}
    assert len(attempts) == 2
    assert not staleness.work(settings).dates


def test_a_model_that_fails_leaves_its_dates_stale_and_names_the_cause(
    runner: Runner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = dbt.build

    def broken(*arguments: object, **named: object) -> list[dbt.NodeResult]:
        results = build(*arguments, **named)  # type: ignore[arg-type]
        return [
            replace(result, status="error", message="Binder Error: no such column")
            if result.relation == "marts.fct_events" and result.kind == "model"
            else result
            for result in results
        ]

    land(settings, FIRST, "a.jsonl", event("e1", FIRST))
    with monkeypatch.context() as patch:
        patch.setattr(dbt, "build", broken)
        outcome = runner.run_pending()
    assert not outcome.success
    assert any("marts.fct_events: Binder Error: no such column" in failure for failure in outcome.failures)
    assert list(staleness.stale(settings)) == [FIRST]
    assert runner.run_pending().success
    assert list(staleness.stale(settings)) == []


def test_a_failed_test_of_error_severity_keeps_its_dates_from_being_published(
    runner: Runner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = dbt.build

    def broken(*arguments: object, **named: object) -> list[dbt.NodeResult]:
        results = build(*arguments, **named)  # type: ignore[arg-type]
        return [
            replace(result, status="fail", failures=3, sql="select 'e9' as event_key", message="Got 3 results")
            if result.relation.endswith("event_key_is_unique_in_fct_events")
            else result
            for result in results
        ]

    land(settings, FIRST, "a.jsonl", event("e1", FIRST))
    monkeypatch.setattr(dbt, "build", broken)
    outcome = runner.run_pending()
    assert not outcome.success
    assert outcome.checks["failed"] == ["marts/fct_events: event_key_is_unique_in_fct_events"]
    assert not settings.published_dir.exists()
    ((run_id, check),) = [
        (run.run_id, result)
        for run in outcome.runs
        for result in run.get_asset_check_evaluations()
        if result.check_name == "event_key_is_unique_in_fct_events"
    ]
    assert check.target_materialization_data
    assert check.target_materialization_data.run_id == run_id
    assert check.metadata["failing_rows"].value == 3
    assert "e9" in str(check.metadata["some_of_them"].value)


def test_what_lands_while_a_build_goes_on_stays_stale(
    runner: Runner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = dbt.build
    land(settings, FIRST, "a.jsonl", event("e1", FIRST))

    def busy(*arguments: object, **named: object) -> list[dbt.NodeResult]:
        monkeypatch.setattr(dbt, "build", build)
        land(settings, FIRST, "meanwhile.jsonl", event("e2", FIRST))
        return build(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(dbt, "build", busy)
    outcome = runner.run_pending()
    assert [run.dagster_run.job_name for run in outcome.runs] == ["ingest_events", "build_models"] * 2
    assert open_warehouse(settings).query("select count(*) from marts.fct_events").rows == ((2,),)


@pytest.mark.long
def test_a_source_that_fails_keeps_no_other_from_being_built(
    runner: Runner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Settings, name: str, dates: object, **named: object) -> object:
        if name == "orders":
            raise OSError("the disk is gone")
        return ingest(source, name, dates, **named)  # type: ignore[arg-type]

    ingest = raw.ingest.ingest
    monkeypatch.setattr(raw.ingest, "ingest", fail)
    monkeypatch.setattr("time.sleep", lambda _: None)
    land(settings, FIRST, "a.jsonl", event("e1", FIRST))
    (settings.incoming_dir / "orders" / str(FIRST)).mkdir(parents=True)
    (settings.incoming_dir / "orders" / str(FIRST) / "o.jsonl").write_text("{}")
    outcome = runner.run_pending()
    assert not outcome.success
    assert outcome.failures == ["raw__orders: OSError: the disk is gone"]
    assert outcome.rebuilt == {FIRST}
    assert staleness.waiting(settings) == {"orders": {FIRST}}


@pytest.mark.long
def test_the_catalogue_is_fetched_once_a_week(runner: Runner, settings: Settings, tmp_path: Path) -> None:
    asked: list[str] = []

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps(
                {"products": [{"product_id": "p1", "name": "Cup", "category": "home", "price": "9.90"}], "pages": 1}
            )
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/products"
        fed = replace(runner, settings=settings.model_copy(update={"products_url": url}))
        outcome = fed.run_pending()
        assert outcome.success, outcome.failures
        assert [taken.source for taken in outcome.files] == ["products"]
        assert fed.run_pending().runs == []
        server.shutdown()
    assert len(asked) == 1
    names = open_warehouse(settings).query("select name from marts.dim_products where product_id = 'p1'").rows
    assert names == (("Cup",),)
