"""The platform as its operator meets it: real webserver, real daemon, files dropped into a folder, a browser, mails.

One service for all, as starting one costs more than most tests: each goes on with what those before it have left.
"""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from user_activity_tests.mailbox import Mailbox, mail_server
from user_activity_tests.programs import program
from user_activity_tests.service.processes import Service, events, wait_for

CHROMIUM, needs_chromium = program("chromium", "chromium")
pytestmark = pytest.mark.timeout(900)

FIRST, SECOND, THIRD = date(2025, 3, 3), date(2025, 3, 4), date(2025, 3, 5)
DAU = "select activity_date, dau from metrics.daily_engagement order by activity_date"
REPOSITORY = {"repositoryLocationName": "user_activity", "repositoryName": "__repository__"}
OVER = {"SUCCESS", "FAILURE", "CANCELED"}
LAYERS = ["audit", "intermediate", "landing", "marts", "metrics", "published", "raw", "staging"]
# Chromium asks its makers for updates unless it is told not to, which a closed network refuses.
QUIETLY = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def dau(service: Service) -> dict[str, int]:
    return {row["activity_date"]: row["dau"] for row in service.query(DAU) if row["dau"]}


def partition(service: Service, path: list[str], key: str) -> dict[str, Any]:
    """The metadata of a partition's latest materialisation, by label."""
    found = service.graphql(
        """query($path: [String!]!, $key: String!) { assetNodeOrError(assetKey: {path: $path}) { ... on AssetNode {
            latestMaterializationByPartition(partitions: [$key]) { metadataEntries {
                label ... on IntMetadataEntry { intValue } ... on TableMetadataEntry { table { records } }
                ... on TextMetadataEntry { text } } } } } }""",
        path=path,
        key=key,
    )
    materialisation = found["assetNodeOrError"]["latestMaterializationByPartition"][0]
    if materialisation is None:
        return {}
    return {
        entry["label"]: [json.loads(record) for record in entry["table"]["records"]]
        if "table" in entry
        else entry.get("intValue", entry.get("text"))
        for entry in materialisation["metadataEntries"]
    }


def backfill(service: Service, path: list[str], keys: list[str]) -> list[dict[str, Any]]:
    """Launch a backfill as the UI does; its runs, once they are over."""
    launched = service.graphql(
        """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
            __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }""",
        params={"assetSelection": [{"path": path}], "partitionNames": keys},
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched

    def finished() -> list[dict[str, Any]]:
        found = service.graphql(
            """query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
                status runs { runId status tags { key value } } } } }""",
            id=launched["backfillId"],
        )["partitionBackfillOrError"]
        over = found["status"].startswith("COMPLETED") and all(run["status"] in OVER for run in found["runs"])
        return list(found["runs"]) if over else []

    return wait_for("the backfill", finished)


@pytest.fixture(scope="module")
def built(service: Service) -> Service:
    """The service after its first file."""
    service.drop("events", FIRST, "first.jsonl", [*events(FIRST, users=5), {"event_type": "page_view"}])
    wait_for("the build", lambda: service.runs("build_models", statuses=["SUCCESS"]))
    return service


@pytest.fixture
def page(built: Service) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        opened = browser.new_page(viewport={"width": 1600, "height": 1200})
        opened.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        yield opened
        browser.close()


@needs_chromium
def test_the_lineage_shows_every_layer(page: Page, built: Service) -> None:
    page.goto(f"{built.url}/asset-groups")
    for layer in LAYERS:
        expect(page.get_by_text(layer, exact=True).first).to_be_visible()


@needs_chromium
def test_an_asset_says_what_it_is_and_whose(page: Page, built: Service) -> None:
    page.goto(f"{built.url}/assets/marts/fct_events")
    for words in ("Grain: one row per event.", "analytics", "marts.fct_events", "touched_dates", "build_models"):
        expect(page.get_by_text(words).first).to_be_visible()
    expect(page.get_by_text("Key of the event: a 60-bit integer").first).to_be_visible()


@needs_chromium
def test_a_partition_says_what_it_took_in(page: Page, built: Service) -> None:
    page.goto(f"{built.url}/assets/raw/events?view=partitions&partition={FIRST}")
    for words in ("rows_accepted", "rows_quarantined", "first.jsonl", "user_id_missing", "preview"):
        expect(page.get_by_text(words, exact=True).first).to_be_visible()
    row = page.get_by_role("row").filter(has_text="dagster/partition_row_count")
    expect(row.get_by_text("5", exact=True)).to_be_visible()


@needs_chromium
def test_a_check_says_what_it_holds(page: Page, built: Service) -> None:
    page.goto(f"{built.url}/assets/marts/fct_events?view=checks&checkDetail=event_key_is_unique_in_fct_events")
    expect(page.get_by_text("Every row has its key").first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible()


@pytest.mark.long
def test_a_dropped_file_becomes_a_metric(built: Service) -> None:
    assert dau(built) == {str(FIRST): 5}
    raw = partition(built, ["raw", "events"], str(FIRST))
    assert raw["dagster/partition_row_count"] == 5
    assert raw["rows_quarantined"] == 1
    assert raw["event_dates_touched"] == str(FIRST)
    assert [(file["file"], file["accepted"]) for file in raw["files"]] == [("first.jsonl", 5)]
    assert {"rule": "user_id_missing", "rows": 1} in raw["quarantined_by_rule"]
    assert "user-0" in {row["user_id"] for row in raw["preview"]}
    assert partition(built, ["marts", "fct_events"], str(FIRST))["dagster/partition_row_count"] == 5
    assert partition(built, ["published", "metrics", "daily_engagement"], str(FIRST)) != {}
    assert [run["status"] for run in built.runs("ingest_events")] == ["SUCCESS"]


@pytest.mark.long
def test_runs_that_have_ended_are_told_of_in_the_warehouse(built: Service) -> None:
    known = "select job, state, launched_by from audit.pipeline_runs order by started_at"
    expected = [
        {"job": "ingest_events", "state": "success", "launched_by": "sensor events_files"},
        {"job": "build_models", "state": "success", "launched_by": "sensor touched_dates"},
    ]
    wait_for("the recording", lambda: built.query(known) == expected)


@pytest.mark.long
def test_a_late_row_rebuilds_the_day_it_belongs_to(service: Service) -> None:
    service.drop("events", THIRD, "third.jsonl", [*events(THIRD, users=2), *events(FIRST, users=1, first=9)])
    wait_for("the metrics", lambda: dau(service) == {str(FIRST): 6, str(THIRD): 2})


@pytest.mark.long
def test_a_backfill_of_a_range_is_one_run(service: Service) -> None:
    keys = [f"2025-03-{day:02}" for day in range(1, 21)]
    runs = backfill(service, ["marts", "fct_events"], keys)
    assert [run["status"] for run in runs] == ["SUCCESS"]
    tags = {tag["key"]: tag["value"] for tag in runs[0]["tags"]}
    assert tags["dagster/asset_partition_range_start"] == keys[0]
    assert tags["dagster/asset_partition_range_end"] == keys[-1]
    assert partition(service, ["marts", "fct_events"], keys[-1])["dagster/partition_row_count"] == 0
    assert dau(service) == {str(FIRST): 6, str(THIRD): 2}


@pytest.mark.long
@pytest.mark.parametrize("path", [["raw", "events"], ["staging", "stg_events"], ["published", "marts", "fct_sessions"]])
def test_one_partition_of_one_asset_is_materialised(service: Service, path: list[str]) -> None:
    launched = service.graphql(
        """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
            __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
        params={
            "selector": {**REPOSITORY, "pipelineName": "__ASSET_JOB", "assetSelection": [{"path": path}]},
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": str(FIRST)}]},
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    one = {"runIds": [launched["run"]["runId"]]}
    wait_for("the run", lambda: {run["status"] for run in service.runs("__ASSET_JOB", **one)} <= OVER)
    assert [run["status"] for run in service.runs("__ASSET_JOB", **one)] == ["SUCCESS"]
    assert dau(service) == {str(FIRST): 6, str(THIRD): 2}


@pytest.mark.long
def test_a_failed_run_is_asked_for_again_and_heals_and_its_owner_is_told(built: Service, mail_port: int) -> None:
    # The place of the day's folder is taken by a file: its rows cannot be written.
    obstacle = built.settings.lake_dir / "raw" / "events" / f"landing_date={SECOND}"
    obstacle.write_text("in the way")
    dropped = built.drop("events", SECOND, "second.jsonl", events(SECOND, users=3))
    wait_for("the failure", lambda: built.runs("ingest_events", statuses=["FAILURE"]))
    assert dropped.exists()
    assert str(SECOND) not in dau(built)
    obstacle.unlink()

    memory = built.settings.alerts_dir / "memory.json"
    wait_for("a mail that is not taken", lambda: memory.exists() and "cannot be reached" in memory.read_text())
    mailbox = Mailbox()
    with mail_server(mailbox, mail_port):
        wait_for("the mail", lambda: mailbox.mails)
    assert mailbox.recipients == ["analytics@example.org"]
    assert mailbox.subjects[0].startswith("[user_activity] ingest_events failed in raw__events: ")
    assert str(obstacle) in mailbox.texts[0]
    assert str(SECOND) in mailbox.texts[0]

    wait_for("the metric", lambda: dau(built).get(str(SECOND)) == 3)
    assert [run["status"] for run in built.runs("ingest_events")][:2] == ["SUCCESS", "FAILURE"]
    assert not dropped.exists()


@pytest.mark.long
def test_a_crash_in_the_middle_of_a_build_loses_nothing(service: Service) -> None:
    wait_for("quiet", lambda: not service.runs("build_models", statuses=["QUEUED", "STARTING", "STARTED"]))
    before, day = dau(service), date(2025, 6, 1)
    service.drop("events", day, "crash.jsonl", events(day, users=4))
    wait_for("the build", lambda: service.runs("build_models", statuses=["STARTED"]))
    service.kill("daemon")
    service.start_daemon()
    wait_for("the metric", lambda: dau(service).get(str(day)) == 4)
    assert dau(service) == {**before, str(day): 4}
    wait_for("quiet", lambda: not service.runs("build_models", statuses=["QUEUED", "STARTING", "STARTED"]))
    assert [run["status"] for run in service.runs("build_models")][:2] == ["SUCCESS", "FAILURE"]
