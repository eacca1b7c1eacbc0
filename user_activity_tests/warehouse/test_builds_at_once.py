"""Several runs build on one server at the same time: none waits for all of another, and the tables are as after one."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import date, timedelta
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.orchestration import staleness
from user_activity.orchestration.command_runs import open_runner
from user_activity.orchestration.jobs import BUILD, ingest_job_name
from user_activity.orchestration.outcome import Outcome
from user_activity.orchestration.partitions import range_tags
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity.warehouse import Rows, WarehouseBusy, open_warehouse
from user_activity_tests.engines import assert_same_tables
from user_activity_tests.examples import histories_drawn
from user_activity_tests.laws.histories import FIRST_DAY, SETTINGS, File, deliveries, encode, histories
from user_activity_tests.platform import Platform
from user_activity_tests.postgres import Server

START = FIRST_DAY - timedelta(days=1)
Builders = Callable[[Settings, Sequence[Sequence[date]]], list[str]]


@pytest.fixture(scope="module")
def build_at_once() -> Iterator[Builders]:
    """Builds each of some sets of dates in a process of its own; what went wrong in any."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield lambda configured, sets: list(chain.from_iterable(pool.map(build, [configured] * len(sets), sets)))


def build(configured: Settings, dates: Sequence[date]) -> list[str]:
    outcome = Outcome()
    with open_runner(configured) as runner:
        runner.execute(outcome, BUILD, range_tags(dates))
    return outcome.failures


def land(platform: Platform, files: Sequence[File]) -> None:
    for file in files:
        platform.drop(file.source, file.landing_date, file.name, encode(file.records, file.name))


def take_in(platform: Platform, files: Sequence[File]) -> None:
    """Land files and read them, and build nothing."""
    land(platform, files)
    outcome = Outcome()
    with open_runner(platform.settings) as runner:
        for name, day in sorted(
            {(file.source, SOURCES[file.source].partition_of(file.landing_date)) for file in files}
        ):
            runner.execute(outcome, ingest_job_name(name), range_tags([day]))
    assert outcome.success, outcome.failures


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[File], int, int]:
    """A delivery, how many of its files one run alone has built, and how the dates of the others are shared out."""
    files = draw(deliveries(draw(histories())))
    return files, draw(st.integers(0, len(files) // 2)), draw(st.integers(0, 2**32))


@pytest.mark.law
@histories_drawn(quick=1, all=2, nightly=50)
@given(cases())
def test_random_histories_built_by_two_runs_at_once_give_the_tables_of_one_run_on_the_other_engine(
    server: Server, build_at_once: Builders, case: tuple[list[File], int, int]
) -> None:
    files, cut, shares = case
    with TemporaryDirectory() as folder:
        url = server.fresh_database("shop")
        busy = Platform(Path(folder) / "busy", start_date=START, **SETTINGS, warehouse="postgres", warehouse_url=url)
        if cut:
            land(busy, files[:cut])
            busy.run()
        take_in(busy, files[cut:])
        stale = list(staleness.stale(busy.settings))
        # Some dates to the one, some to the other, some to both.
        share = [(shares >> 2 * number) % 4 for number in range(len(stale))]
        sets = [[day for day, owner in zip(stale, share, strict=True) if owner != other] for other in (1, 2)]
        assert build_at_once(busy.settings, [dates for dates in sets if dates]) == []
        busy.run()  # what moved between the dates of both
        assert not staleness.stale(busy.settings)
        at_once = Platform(Path(folder) / "at once", start_date=START, **SETTINGS)
        land(at_once, files)
        at_once.run()
        assert_same_tables(busy, at_once)
        assert busy.query("select count(*) from audit.rebuilt_users") == [(0,)]


@pytest.fixture(scope="module")
def shop(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Two days, the first of which is built."""
    url = server.fresh_database("built")
    platform = Platform(tmp_path_factory.mktemp("shop"), start_date=START, warehouse="postgres", warehouse_url=url)
    for number, day in enumerate((FIRST_DAY, FIRST_DAY + timedelta(days=1))):
        event = {"event_id": f"e{number}", "user_id": "ann", "event_type": "search", "event_at": f"{day}T12:00:00Z"}
        take_in(platform, [File("events", day, "a.jsonl", (event,))])
        if number == 0:
            assert build(platform.settings, [day]) == []
    return platform


def test_a_run_builds_while_another_that_has_planned_is_still_at_work(shop: Platform) -> None:
    with open_warehouse(shop.settings).building("the other") as other:
        other.pass_on()
        assert build(shop.settings, [FIRST_DAY + timedelta(days=1)]) == []
        assert shop.query("select count(*) from metrics.daily_engagement") == [(2,)]


def test_no_run_plans_while_another_plans(shop: Platform) -> None:
    hasty = shop.settings.model_copy(update={"lock_timeout_seconds": 0.3})
    first, second = open_warehouse(shop.settings), open_warehouse(hasty)
    with first.building("one"), pytest.raises(WarehouseBusy), second.building("two"):
        pass
    with first.building("one") as planned:
        planned.pass_on()
        with second.building("two") as after:
            assert after.environment["USER_ACTIVITY_OTHER_RUN_IDS"] == "one"


def test_to_be_alone_a_run_waits_until_those_beside_it_are_through(shop: Platform) -> None:
    first, second = open_warehouse(shop.settings), open_warehouse(shop.settings)
    with first.building("one") as one:
        one.pass_on()
        waiting = threading.Thread(target=one.alone)
        with second.building("two") as two:
            two.pass_on()
            waiting.start()
            waiting.join(1)
            assert waiting.is_alive()
        waiting.join(10)
        assert not waiting.is_alive()


def test_of_two_runs_that_want_to_be_alone_each_gets_its_turn(shop: Platform) -> None:
    both = threading.Barrier(2)

    def alone(name: str) -> None:
        with open_warehouse(shop.settings).building(name) as build:
            build.pass_on()
            both.wait(10)
            build.alone()

    threads = [threading.Thread(target=alone, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


def test_what_fails_beside_another_run_is_tried_again_without_it(shop: Platform, server: Server) -> None:
    """The other run is in the middle of moving a record: it stands on both of its days."""
    stray = "event_date = '2025-06-01'"
    server.execute(
        "create table public.moved as select * from marts.fct_events",
        "update public.moved set event_date = '2025-06-01'",
        "insert into marts.fct_events select * from public.moved",
        database="built",
    )
    paused = "select application_name from pg_stat_activity where application_name like 'user-activity pauses %'"
    failed: list[tuple[str]] = []

    def move() -> None:
        with open_warehouse(shop.settings).building("the other") as other:
            other.pass_on()
            planned.set()
            while not over.wait(0.1) and not failed:
                failed.extend(shop.query(paused))
            server.execute(f"delete from marts.fct_events where {stray}", database="built")

    planned, over = threading.Event(), threading.Event()
    mover = threading.Thread(target=move)
    mover.start()
    planned.wait(10)
    try:
        assert build(shop.settings, [FIRST_DAY]) == []
    finally:
        over.set()
        mover.join(10)
    assert failed
    assert shop.query(f"select count(*) from marts.fct_events where {stray}") == [(0,)]


def test_a_run_that_the_server_has_dropped_keeps_nobody_waiting_and_fails(shop: Platform, server: Server) -> None:
    first, second = open_warehouse(shop.settings), open_warehouse(shop.settings)
    drop = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'user-activity builds one'"
    with ExitStack() as dropped:
        dropped.enter_context(first.building("one"))
        server.execute(drop)
        with second.building("two") as after:
            assert after.environment["USER_ACTIVITY_OTHER_RUN_IDS"] == ""
        with pytest.raises(psycopg2.Error):
            dropped.close()


def test_what_two_processes_record_of_one_run_stands_there_once(shop: Platform) -> None:
    row = Rows(("run_id", "run_date"), (("r", FIRST_DAY),))
    held = open_warehouse(shop.settings)

    def replace() -> None:
        held.replace_rows("run_id", ["r"], {"audit.run_dates": row})

    threads = [threading.Thread(target=replace) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert shop.query("select count(*) from audit.run_dates where run_id = 'r'") == [(1,)]


@contextmanager
def holding(url: str, *statements: str) -> Iterator[Any]:
    """A session that has done this in a transaction, and does not end it."""
    with closing(psycopg2.connect(url, application_name="a stranger")) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        yield cursor


def hold(server: Server, *names: str) -> AbstractContextManager[Any]:
    """Have these locks for no build's sake."""
    server.execute(
        *(f"insert into raw._locks values ('{name}') on conflict do nothing" for name in names), database="built"
    )
    listed = ", ".join(f"'{name}'" for name in names)
    return holding(
        server.url("built"), f"select from raw._locks where name in ({listed}) for update", "select pg_backend_pid()"
    )


def test_a_reader_can_take_no_lock_that_a_build_waits_for_and_no_name_either(shop: Platform, server: Server) -> None:
    hasty = open_warehouse(shop.settings.model_copy(update={"lock_timeout_seconds": 2}))
    hasty.prepare()
    server.execute(
        "drop role if exists bystander", "create role bystander login password 'x' in role user_activity_reader"
    )
    names = ("plan", "sync", "prepare", "audit.run_dates", "marts.fct_events")
    url = server.url("built", "bystander", "x")
    with holding(
        url,
        "set application_name = 'user-activity builds the bystander'",
        *(f"select pg_advisory_lock(hashtext('user-activity {name}'))" for name in names),
    ) as bystander:
        for statement in (
            "select raw._take('plan', 1)",
            "select * from raw._locks for update",
            "lock table raw._locks in access share mode",
        ):
            bystander.execute("savepoint before")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                bystander.execute(statement)
            bystander.execute("rollback to before")
        with hasty.building("one") as build:
            assert build.environment["USER_ACTIVITY_OTHER_RUN_IDS"] == ""
            assert build.alone()
            hasty.replace_rows("run_id", ["r"], {"audit.run_dates": Rows(("run_id", "run_date"), ())})


def test_who_waits_says_once_for_whom_and_gives_up(
    shop: Platform, server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "user_activity")
    monkeypatch.setattr("user_activity.warehouse.postgres.locks.SAY_AFTER_SECONDS", 0.3)
    hasty = open_warehouse(shop.settings.model_copy(update={"lock_timeout_seconds": 1.5}))
    with hold(server, "plan", "audit.run_dates") as stranger:
        held = f"held by a stranger (user postgres, pid {stranger.fetchone()[0]}, since 20"
        with pytest.raises(WarehouseBusy, match="LOCK_TIMEOUT_SECONDS") as refused:
            hasty.replace_rows("run_id", ["r"], {"audit.run_dates": Rows(("run_id", "run_date"), ())})
        assert f"the lock on audit.run_dates is {held}" in str(refused.value)
        with pytest.raises(WarehouseBusy, match="the turn to plan") as refused, hasty.building("one"):
            pass
        assert held in str(refused.value)
    assert [record.getMessage().partition(held)[:2] for record in caplog.records] == [
        ("Waiting for the lock on audit.run_dates, ", held),
        ("Waiting for the turn to plan a build, ", held),
    ]
    with hasty.building("one") as one:
        one.pass_on()
        with hasty.building("two") as two:
            two.pass_on()
            with pytest.raises(WarehouseBusy, match="the warehouse is held by user-activity builds one"):
                two.alone()


@pytest.mark.long
def test_a_model_that_waits_says_for_whom_in_the_log_of_its_run_and_gives_up(shop: Platform, server: Server) -> None:
    hasty = shop.settings.model_copy(update={"lock_timeout_seconds": 4})
    outcome = Outcome()
    with hold(server, "marts.fct_sessions"), open_runner(hasty) as runner:
        runner.execute(outcome, BUILD, range_tags([FIRST_DAY]))
        run = runner.instance.get_runs(limit=1)[0]
        said = [entry.user_message for entry in runner.instance.all_logs(run.run_id)]
    assert "the lock on marts.fct_sessions is held by a stranger (user postgres, pid " in " ".join(outcome.failures)
    assert len([each for each in said if each.startswith("Waiting for the lock on marts.fct_sessions, held by")]) == 2
    assert build(shop.settings, [FIRST_DAY]) == []
