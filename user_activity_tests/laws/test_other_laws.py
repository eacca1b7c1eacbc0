"""The other laws: nothing is lost, backfills change nothing, work stays where it is due, no reader sees half a day."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from user_activity.orchestration import staleness
from user_activity.orchestration.command_runs import open_runner
from user_activity.simulate import SimulationSummary, simulate
from user_activity_tests.examples import Examples
from user_activity_tests.laws import fault_points
from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform, differences

FIRST, DAYS = date(2025, 1, 1), 12
LAST = FIRST + timedelta(days=DAYS - 1)


def fill(platform: Platform, folder: Path) -> SimulationSummary:
    """Land a small messy shop."""
    summary = simulate(folder, start=FIRST, days=DAYS, events=1_500, seed=7, messy=0.02)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            source, day = path.relative_to(folder).parts[:2]
            platform.drop(source, date.fromisoformat(day), path.name, path.read_bytes())
    return summary


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Platform, SimulationSummary]:
    """A shop built by one clean load. Tests only read it, or copy it."""
    platform = Platform(tmp_path_factory.mktemp("built"))
    summary = fill(platform, tmp_path_factory.mktemp("simulated"))
    platform.run()
    return platform, summary


@pytest.fixture(scope="module")
def shop(
    built: tuple[Platform, SimulationSummary], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Platform, SimulationSummary]:
    """The shop that one test after the other changes."""
    return built[0].copied_to(tmp_path_factory.mktemp("shop") / "data"), built[1]


def test_every_landed_row_is_accepted_or_quarantined(shop: tuple[Platform, SimulationSummary]) -> None:
    platform, summary = shop
    landed = platform.query(
        "select source, sum(rows_landed), sum(rows_accepted), sum(rows_quarantined) from audit.landed_files group by 1"
    )
    counted = {source: (int(rows), int(accepted), int(bad)) for source, rows, accepted, bad in landed}
    for source, records in summary.records.items():
        assert counted.get(source, (0, 0, 0)) == (records, summary.accepted[source], summary.rejected[source])
    quarantined = dict(platform.query("select source, count(*) from audit.bad_records group by 1"))
    assert {source: quarantined.get(source, 0) for source in summary.rejected} == summary.rejected


def test_every_accepted_row_is_staged_or_a_duplicate(shop: tuple[Platform, SimulationSummary]) -> None:
    platform, summary = shop
    duplicates = dict(platform.query("select source, count(*) from staging.stg_duplicates group by 1"))
    for source, model in (
        ("events", "stg_events"),
        ("orders", "stg_orders"),
        ("products", "stg_products"),
        ("users", "stg_users"),
        ("reviews", "stg_reviews"),
    ):
        staged = platform.query(f"select count(*) from staging.{model}")[0][0]
        assert staged == summary.distinct[source]
        assert summary.accepted[source] == staged + duplicates.get(source, 0)


def test_a_backfill_of_everything_changes_no_row(shop: tuple[Platform, SimulationSummary]) -> None:
    platform, _ = shop
    before = platform.tables()
    with open_runner(platform.settings) as runner:
        outcome = runner.backfill(FIRST, LAST, None, rebuild_raw=True)
    assert outcome.success, outcome.failures
    assert not differences(platform.tables(), before)


def test_landing_the_same_files_again_changes_no_row(shop: tuple[Platform, SimulationSummary], tmp_path: Path) -> None:
    platform, _ = shop
    before = platform.tables()
    fill(platform, tmp_path / "again")
    outcome = platform.run()
    assert not outcome.rebuilt
    assert not differences(platform.tables(), before)


def test_a_late_event_changes_only_what_depends_on_its_day(shop: tuple[Platform, SimulationSummary]) -> None:
    platform, _ = shop
    late, landed = date(2025, 1, 4), date(2025, 3, 4)
    before = platform.tables()
    record = {"event_id": "late", "user_id": "someone new", "event_type": "purchase", "event_at": f"{late}T12:00:00Z"}
    platform.drop("events", landed, "late.jsonl", encode((record,), "late.jsonl"))
    assert platform.run().rebuilt == {late, landed}
    changes = differences(platform.tables(), before)
    assert set(changes) == {
        "staging.stg_events",
        "intermediate.int_event_sessions",
        "intermediate.int_user_days",
        "intermediate.int_user_periods",
        "intermediate.int_user_lifespans",
        "intermediate.int_cohort_activity",
        "marts.dim_users",
        "marts.fct_events",
        "marts.fct_sessions",
        "metrics.daily_engagement",
        "metrics.daily_volumes",
        "metrics.session_summary",
        "metrics.user_lifecycle",
        "metrics.retention",
        "metrics.user_weekly_activity",
        "metrics.stickiness_distribution",
    }
    for name in ("staging.stg_events", "marts.fct_events", "marts.fct_sessions", "marts.dim_users"):
        assert (len(changes[name]["only ours"]), len(changes[name]["only theirs"])) == (1, 0)
    changed_days = {row[0] for row in changes["metrics.daily_engagement"]["only ours"]}
    assert changed_days == {late + timedelta(days=n) for n in range((LAST - late).days + 1)}
    assert {row[0] for row in changes["metrics.daily_volumes"]["only ours"]} == {late, landed}


def test_a_corrected_event_moves_to_its_new_day_and_leaves_its_old_one(
    shop: tuple[Platform, SimulationSummary],
) -> None:
    platform, _ = shop
    once = platform.query(
        "select min(event_id), user_id, min(cast(event_date as varchar)) from marts.fct_events "
        "where not is_bot group by user_id having count(*) = 1 order by 3, 1"
    )
    event, user, old = once[0]
    new = date.fromisoformat(old) + timedelta(days=2)
    record = {"event_id": event, "user_id": user, "event_type": "page_view", "event_at": f"{new}T09:00:00Z"}
    platform.drop("events", date(2025, 3, 5), "corrected.jsonl", encode((record,), "corrected.jsonl"))
    platform.run()
    days = platform.query(f"select event_date from marts.fct_events where event_id = '{event}'")
    assert days == platform.query(f"select first_seen_date from marts.dim_users where user_id = '{user}'") == [(new,)]
    assert platform.query(f"select session_date from marts.fct_sessions where user_id = '{user}'") == [(new,)]
    ((passed, rows),) = platform.query(
        "select passed, failing_rows from audit.dq_results where check_name = 'one_event_id_names_one_event' "
        "order by evaluated_at desc limit 1"
    )
    assert (passed, rows) == (False, 1), "the id has named an event of another time, and a warning says so"


def test_what_is_published_is_what_the_warehouse_holds(shop: tuple[Platform, SimulationSummary]) -> None:
    """Also days that no run was asked for, but that late rows changed: the tests above have sent some."""
    platform, _ = shop
    held = {name: rows for name, rows in platform.tables().items() if name.startswith(("marts.", "metrics.")) and rows}
    published = {name: platform.query_published(f"select * from {name} order by all") for name in held}
    assert not differences(published, held)


@pytest.fixture(scope="module")
def waiting(
    built: tuple[Platform, SimulationSummary], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Platform, Platform, int]:
    """The shop with late, corrected and rejected records that wait; with these built; and the fault points of that."""
    waits = built[0].copied_to(tmp_path_factory.mktemp("waits") / "data")
    ((event_id, user_id),) = waits.query("select event_id, user_id from marts.fct_events order by 1 limit 1")
    events = (
        {
            "event_id": "late",
            "user_id": "new",
            "event_type": "purchase",
            "event_at": f"{FIRST}T23:50:00Z",
            "revenue": 3,
        },
        {"event_id": event_id, "user_id": user_id, "event_type": "click", "event_at": f"{LAST}T10:00:00Z"},
        {"event_id": "bad", "user_id": "new", "event_type": "clik", "event_at": f"{LAST}T10:00:00Z"},
    )
    user = {"user_id": user_id, "updated_at": f"{FIRST}T00:00:00Z", "country": "SE"}
    waits.drop("events", LAST + timedelta(days=1), "more.jsonl", encode(events, "more.jsonl"))
    waits.drop("users", LAST, "more.jsonl", encode((user,), "more.jsonl"))
    done = waits.copied_to(tmp_path_factory.mktemp("done") / "data")
    points = fault_points.run(done)
    assert points
    return waits, done, points


@pytest.mark.law
def test_a_run_killed_at_one_point_after_another_and_started_again_leaves_no_trace(
    waiting: tuple[Platform, Platform, int], tmp_path: Path
) -> None:
    waits, done, points = waiting
    killed = waits.copied_to(tmp_path / "data")
    for part in (0.4, 0.9):
        assert fault_points.run(killed, killed_at=int(part * points)) is None
    killed.run()
    assert not differences(killed.tables(), done.tables())


@pytest.mark.law
@pytest.mark.long
def test_a_run_killed_at_any_point_and_started_again_leaves_no_trace(
    waiting: tuple[Platform, Platform, int], tmp_path: Path
) -> None:
    waits, done, points = waiting
    for point in range(7, points, max(1, points // Examples(quick=0, all=4, nightly=points).here)):
        killed = waits.copied_to(tmp_path / str(point))
        fault_points.run(killed, killed_at=point)
        killed.run()
        assert not differences(killed.tables(), done.tables()), point
        assert not staleness.work(killed.settings).dates, point


@pytest.mark.law
@pytest.mark.long
def test_a_killed_run_started_again_leaves_no_trace(built: tuple[Platform, SimulationSummary], tmp_path: Path) -> None:
    clean, killed = built[0], Platform(tmp_path / "killed")
    fill(killed, tmp_path / "second")
    moments = random.Random(11)
    for _ in range(Examples(quick=3, all=4, nightly=40).here):
        process = start_run(killed)
        time.sleep(moments.uniform(1, 8))
        process.send_signal(signal.SIGKILL)
        process.wait()
    killed.run()
    assert not differences(killed.tables(), clean.tables())


def test_a_reader_never_sees_a_part_of_a_day(built: tuple[Platform, SimulationSummary], tmp_path: Path) -> None:
    platform = built[0].copied_to(tmp_path / "data")
    seen = {published(platform)}
    more = tuple(
        {"event_id": f"more-{n}", "user_id": f"u{n}", "event_type": "page_view", "event_at": f"{FIRST}T08:00:00Z"}
        for n in range(5_000)
    )
    platform.drop("events", LAST, "more.jsonl", encode(more, "more.jsonl"))
    before = seen.copy()
    process = start_run(platform)
    while process.poll() is None:
        seen.add(published(platform))
    assert process.returncode == 0
    after = {published(platform)}
    assert before != after
    assert seen == before | after


def published(platform: Platform) -> int:
    """Events of the first day, as a reader of the published files counts them."""
    path = platform.settings.published_dir / "marts" / "fct_events" / f"{FIRST}.parquet"
    with duckdb.connect() as connection:
        row = connection.execute("select count(*) from read_parquet(?)", [str(path)]).fetchone()
    assert row is not None
    return int(row[0])


def start_run(platform: Platform) -> "subprocess.Popen[bytes]":
    """`user-activity run` in a process of its own."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("user-activity")), "run"],
        env={**os.environ, "USER_ACTIVITY_DATA_DIR": str(platform.settings.data_dir)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.long
def test_a_table_of_an_older_shape_does_not_keep_later_builds_from_going_on(
    built: tuple[Platform, SimulationSummary], tmp_path: Path
) -> None:
    platform = built[0].copied_to(tmp_path / "data")
    with duckdb.connect(str(platform.settings.warehouse_dir / "user_activity.duckdb")) as connection:
        for table, column in (("stg_reviews", "user_key"), ("stg_events", "user_key"), ("stg_orders", "refunded_at")):
            connection.execute(f"alter table staging.{table} drop column {column}")
    record = {"review_id": "new", "user_id": "u1", "product_id": "p1", "rating": 4, "ts": f"{LAST}T10:00:00"}
    platform.drop("reviews", LAST, "new.jsonl", encode((record,), "new.jsonl"))
    platform.run()
    assert platform.query("select user_key is not null from staging.stg_reviews where review_id = 'new'") == [(True,)]
