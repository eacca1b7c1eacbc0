"""Which dates are stale, by what the warehouse says it has built; and why a date is rebuilt."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest

from user_activity.ingest.lake import freshness
from user_activity.orchestration import staleness
from user_activity.orchestration.rebuild_reasons import reasons
from user_activity.settings import Settings
from user_activity.warehouse import Warehouse, open_warehouse

FIRST, SECOND = date(2025, 1, 1), date(2025, 1, 2)
Facts = Mapping[date, Sequence[str]]


def fact(name: str, part: str = "part", kind: str = "touches") -> str:
    return json.dumps([kind, "events", "2025-01-03", name, part])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)


@pytest.fixture
def warehouse(settings: Settings) -> Warehouse:
    found = open_warehouse(settings)
    found.prepare()
    return found


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> dict[date, list[str]]:
    """What the lake holds of each date."""
    held = {FIRST: [fact("a")], SECOND: [fact("b")]}
    monkeypatch.setattr(freshness, "facts", lambda _: {day: sorted(facts) for day, facts in held.items()})
    return held


def begin(
    settings: Settings, warehouse: Warehouse, run_id: str, asked: Sequence[date], planned: Sequence[date]
) -> None:
    """What a build does before it writes its tables: keep its plan, and mark the planned dates as begun."""
    plan = staleness.plan(settings, warehouse, run_id, asked)
    staleness.remember(warehouse, plan, complete=True, widened={})
    with duckdb.connect(str(settings.warehouse_dir / "user_activity.duckdb")) as connection:
        for day in planned:
            set_to = f"set run_id = '{run_id}', is_finished = false where event_date = date '{day}' returning true"
            if not connection.execute(f"update audit.built_dates {set_to}").fetchone():
                connection.execute(
                    f"insert into audit.built_dates values (date '{day}', null, null, '{run_id}', false)"
                )


def test_a_start_date_later_than_what_is_there_is_refused_in_a_sentence(
    settings: Settings, lake: dict[date, list[str]]
) -> None:
    later = settings.model_copy(update={"start_date": SECOND})
    with pytest.raises(freshness.StartDateTooLate, match=f"START_DATE is {SECOND}, but .* holds dates from {FIRST}"):
        staleness.work(later)
    lake.pop(FIRST)
    assert list(staleness.work(later).dates) == [SECOND]


def test_a_date_is_stale_until_a_build_of_what_the_lake_holds_has_ended(
    settings: Settings, warehouse: Warehouse, lake: dict[date, list[str]]
) -> None:
    assert list(staleness.stale(settings)) == [FIRST, SECOND]
    begin(settings, warehouse, "one", [FIRST], [FIRST])
    assert list(staleness.stale(settings)) == [FIRST, SECOND]
    warehouse.mark_built("one")
    assert list(staleness.stale(settings)) == [SECOND]
    lake[FIRST] = [fact("a"), fact("late")]
    assert list(staleness.stale(settings)) == [FIRST, SECOND]


def test_what_lands_during_a_build_leaves_its_dates_stale(
    settings: Settings, warehouse: Warehouse, lake: dict[date, list[str]]
) -> None:
    begin(settings, warehouse, "one", [FIRST, SECOND], [FIRST, SECOND])
    lake[SECOND] = [fact("b"), fact("late")]
    warehouse.mark_built("one")
    assert list(staleness.stale(settings)) == [SECOND]


def test_a_date_that_a_dead_build_had_begun_is_stale_though_the_lake_is_as_before(
    settings: Settings, warehouse: Warehouse, lake: dict[date, list[str]]
) -> None:
    begin(settings, warehouse, "one", [FIRST, SECOND], [FIRST, SECOND])
    warehouse.mark_built("one")
    lake[FIRST] = [fact("a"), fact("wrong")]
    begin(settings, warehouse, "dead", [FIRST], [FIRST, SECOND])
    lake[FIRST] = [fact("a")]
    assert list(staleness.stale(settings)) == [FIRST, SECOND]
    begin(settings, warehouse, "next", [FIRST, SECOND], [FIRST, SECOND])
    warehouse.mark_built("next")
    assert staleness.stale(settings) == {}
    why = "select distinct reason from audit.rebuild_history where run_id = 'next' and event_date = date '2025-01-02'"
    assert warehouse.query(why).rows == (("an earlier build did not end",),)


def test_the_run_that_began_a_date_last_is_the_one_that_ends_it(
    settings: Settings, warehouse: Warehouse, lake: dict[date, list[str]]
) -> None:
    begin(settings, warehouse, "one", [FIRST], [FIRST])
    lake[FIRST] = [fact("a"), fact("late")]
    begin(settings, warehouse, "two", [FIRST], [FIRST])
    warehouse.mark_built("one")
    assert list(staleness.stale(settings)) == [FIRST, SECOND]
    warehouse.mark_built("two")
    assert list(staleness.stale(settings)) == [SECOND]


def test_a_date_whose_rows_are_all_withdrawn_is_built_once_more(
    settings: Settings, warehouse: Warehouse, lake: dict[date, list[str]]
) -> None:
    begin(settings, warehouse, "one", [FIRST, SECOND], [FIRST, SECOND])
    warehouse.mark_built("one")
    del lake[SECOND]
    assert list(staleness.stale(settings)) == [SECOND]
    begin(settings, warehouse, "two", [SECOND], [SECOND])
    warehouse.mark_built("two")
    assert staleness.stale(settings) == {}


SHAPE = json.dumps(["settings", {"USER_ACTIVITY_TIMEZONE": "UTC"}])


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([], [SHAPE, fact("a")], [("a file landed", "events 2025-01-03 a")]),
        ([SHAPE, fact("a")], [SHAPE], [("a file was withdrawn", "events 2025-01-03 a")]),
        ([SHAPE, fact("a")], [], [("a file was withdrawn", "events 2025-01-03 a")]),
        ([SHAPE, fact("a")], [SHAPE, fact("a", "other")], [("a file was ingested again", "events 2025-01-03 a")]),
        (
            [SHAPE, fact("a"), fact("a", kind="landed")],
            [SHAPE, fact("b"), fact("b", kind="landed")],
            [("a file was withdrawn", "events 2025-01-03 a"), ("a file landed", "events 2025-01-03 b")],
        ),
        (
            [SHAPE, fact("a")],
            [SHAPE.replace("UTC", "Asia/Tokyo"), fact("a")],
            [("a setting changed", "USER_ACTIVITY_TIMEZONE: 'UTC' is now 'Asia/Tokyo'")],
        ),
        ([SHAPE, fact("a")], [SHAPE, fact("a")], [("asked for", "")]),
    ],
)
def test_the_reasons_are_what_differs_between_two_states(
    before: Sequence[str], now: Sequence[str], expected: list[tuple[str, str]]
) -> None:
    assert reasons(before, now, is_finished=True) == expected
    interrupted = reasons(before, now, is_finished=False)
    assert interrupted[0] == ("an earlier build did not end", "")
    assert interrupted[1:] == [reason for reason in expected if reason[0] != "asked for"]
