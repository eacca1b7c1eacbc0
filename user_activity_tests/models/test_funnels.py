"""What a funnel counts: by table, run by run, and against every order in which a user's events can be taken."""

from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity_tests.examples import histories_drawn
from user_activity_tests.laws.histories import encode
from user_activity_tests.models.funnel_histories import (
    Funnels,
    Happening,
    assert_same,
    counted,
    drop,
    funnels_file,
    tried,
)
from user_activity_tests.platform import Platform

START = datetime(2025, 3, 7)
LANDED = date(2025, 3, 30)
HOUR, DAY = 3600, 86400

#: What happened to one user in seconds, the window and the steps of a funnel; the seconds from step to step.
Case = tuple[int, list[str], list[tuple[str, float]], list[float]]
CASES: dict[str, Case] = {
    "a later step counts": (HOUR, ["A", "B"], [("A", 0), ("B", 60)], [60]),
    "whatever lies between": (HOUR, ["A", "B"], [("A", 0), ("CC", 30), ("B", 60)], [60]),
    "an earlier one does not": (HOUR, ["A", "B"], [("B", 0), ("A", 60)], []),
    "steps are not left out": (HOUR, ["A", "B", "C"], [("A", 0), ("C", 60)], []),
    "any type of a step is the step": (HOUR, ["A", "BC"], [("A", 0), ("C", 60)], [60]),
    "the first event that is the step counts": (HOUR, ["A", "B"], [("A", 0), ("B", 60), ("B", 90)], [60]),
    "one step is a funnel": (HOUR, ["A"], [("A", 0)], []),
    "equal times count, in any order": (HOUR, ["A", "B", "C"], [("CBA", 0)], [0, 0]),
    "equal times count in the middle": (HOUR, ["A", "B", "C"], [("A", 0), ("CB", 60)], [60, 0]),
    "one event is one step": (HOUR, ["A", "B", "B"], [("A", 0), ("B", 60)], [60]),
    "two events are two steps": (HOUR, ["A", "B", "B"], [("A", 0), ("B", 60), ("B", 90)], [60, 30]),
    "two events of one time are two": (HOUR, ["A", "B", "B"], [("A", 0), ("BB", 60)], [60, 0]),
    "the entry is no further step": (HOUR, ["A", "A"], [("A", 0)], []),
    "its like at the same time is": (HOUR, ["A", "A"], [("AA", 0)], [0]),
    "the entry leaves what a later step needs": (HOUR, ["AB", "A"], [("AB", 0)], [0]),
    "a step leaves what a later step needs": (HOUR, ["A", "BC", "B"], [("A", 0), ("BC", 60)], [60, 0]),
    "and what the next but one needs": (HOUR, ["A", "BC", "BC", "B"], [("A", 0), ("CBC", 60)], [60, 0, 0]),
    "as far as there are any": (HOUR, ["A", "BC", "B", "C"], [("A", 0), ("BC", 60), ("B", 90)], [60, 0]),
    "and later ones after that": (HOUR, ["A", "BC", "B", "C"], [("A", 0), ("BC", 60), ("C", 90)], [60, 0, 30]),
    "the window is inclusive": (60, ["A", "B"], [("A", 0), ("B", 60)], [60]),
    "not a microsecond more": (60, ["A", "B"], [("A", 0), ("B", 60.000001)], []),
    "it is that of the entry": (60, ["A", "B", "C"], [("A", 0), ("B", 40), ("C", 61)], [40]),
    "a later entry opens another": (60, ["A", "B"], [("A", 0), ("A", 100), ("B", 120)], [20]),
    "of two as far the earlier counts": (60, ["A", "B"], [("A", 0), ("A", 10), ("B", 30)], [30]),
    "of two the one that gets further counts": (
        60,
        ["A", "B", "C"],
        [("A", 0), ("B", 10), ("A", 30), ("B", 40), ("C", 80)],
        [10, 40],
    ),
    "an entry can be another's step": (60, ["A", "A", "A"], [("A", 0), ("A", 10), ("A", 30), ("A", 70)], [10, 20]),
}  # fmt: skip


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """All cases in one run: each has event types of its own."""
    folder = tmp_path_factory.mktemp("cases")
    lines, records, types = ["funnel,step,event_type,window_seconds"], [], []
    for number, (window, steps, events, _) in enumerate(CASES.values()):
        types += [f"{letter}{number}".lower() for letter in "ABC"]
        lines += [
            f"{number},{s},{letter.lower()}{number},{window}" for s, step in enumerate(steps, 1) for letter in step
        ]
        for letters, seconds in events:
            moment = (START + timedelta(seconds=seconds)).isoformat()
            records += [{"user_id": "ann", "event_type": f"{a.lower()}{number}", "event_at": moment} for a in letters]
    (folder / "funnels.csv").write_text("\n".join(lines))
    platform = Platform(
        folder / "data", start_date=date(2025, 1, 1), event_types=tuple(types), funnels_file=folder / "funnels.csv"
    )
    numbered = tuple({"event_id": f"e{number}", **record} for number, record in enumerate(records))
    platform.drop("events", LANDED, "events.jsonl", encode(numbered, "events.jsonl"))
    platform.run()
    return platform


@pytest.mark.parametrize("name", CASES)
def test_in_a_funnel(cases: Platform, name: str) -> None:
    number = list(CASES).index(name)
    rows = cases.query(
        "select step, entered_users, reached_users, mean_seconds_from_previous, median_seconds_from_previous "
        f"from metrics.funnel where funnel = '{number}' order by step"
    )
    _, steps, _, seconds = CASES[name]
    assert rows == [
        (1, 1, 1, None, None),
        *((step, 1, 1, passed, passed) for step, passed in enumerate(seconds, start=2)),
        *((step, 1, 0, None, None) for step in range(len(seconds) + 2, len(steps) + 1)),
    ]


@pytest.mark.long
def test_windows_as_another_product_counts_them(tmp_path: Path) -> None:
    """PostHog (MIT), conversion_time_cases.py::test_funnel_times_with_different_conversion_windows, 19b05ff."""
    funnels: Funnels = {"14 days": (14 * DAY, ("A", "B")), "5 minutes": (300, ("A", "B"))}
    path = funnels_file(tmp_path / "funnels.csv", funnels)
    platform = Platform(tmp_path / "data", start_date=date(2020, 1, 1), funnels_file=path)
    happenings = {
        "1": ("u1", "A", datetime(2020, 1, 2, 14)),
        "2": ("u1", "B", datetime(2020, 1, 2, 14, 5)),
        "3": ("u2", "A", datetime(2020, 1, 2, 14, 3)),
        "4": ("u3", "A", datetime(2020, 1, 2, 12)),
        "5": ("u3", "B", datetime(2020, 1, 2, 12, 15)),
    }
    drop(platform, date(2020, 1, 2), "events", happenings)
    platform.run()
    assert platform.query(
        "select funnel, entered_users, reached_users, mean_seconds_from_previous from metrics.funnel "
        "where step = 2 order by funnel"
    ) == [("14 days", 3, 2, 600), ("5 minutes", 3, 1, 300)]


def at(day: int, hour: float = 0) -> datetime:
    return START + timedelta(days=day, hours=hour)


@pytest.mark.long
def test_each_run_leaves_what_counting_everything_anew_gives(tmp_path: Path) -> None:
    zone = "America/New_York"
    funnels: Funnels = {"days": (2 * DAY, ("A", "B", "C")), "hours": (HOUR, ("A", "BC"))}
    path = funnels_file(tmp_path / "funnels.csv", funnels)
    platform = Platform(tmp_path / "data", start_date=date(2025, 1, 1), timezone=zone, funnels_file=path)
    known: dict[str, Happening] = {}

    def land(number: int, **happenings: Happening) -> None:
        known.update(happenings)
        if happenings:
            drop(platform, LANDED + timedelta(days=number), f"file{number}", happenings)
        platform.run()
        assert_same(counted(platform), tried(known.values(), funnels, zone))

    def opened(day: int) -> list[int]:
        where = f"funnel = 'days' and entry_date = '{at(day).date()}'"
        return [row[0] for row in platform.query(f"select open_users from metrics.funnel where {where} order by step")]

    # Midnights of both zones; a day of 23 hours in a window; someone enters on two days, a bot never.
    land(
        0,
        a1=("ann", "A", at(2)), a2=("ann", "B", at(2, 5)), a3=("ann", "A", at(3, 12)),
        b1=("bob", "A", at(3, 5)), c1=("cy", "a", at(3, 12)), c2=("cy", "B", at(3, 13)),
        g1=("gil", "A", at(1, 5)), g2=("gil", "B", at(3, 4)), g3=("gil", "C", at(3, 5)),
    )  # fmt: skip
    assert opened(3) == [0, 2, 2]
    # A window ends with its last day, also when the next event comes days later; and opens again without that event.
    land(1, d1=("dee", "C", at(9, 12)))
    assert opened(3) == [0, 0, 0]
    land(2, d1=("dee", "C", at(0, 12)))
    assert opened(3) == [0, 2, 2]
    land(3, d2=("dee", "D", at(9, 12)))
    # Late: a step that completes two windows, and an entry on a day without one.
    land(4, a4=("ann", "C", at(4)), b2=("bob", "B", at(3, 6)), e1=("eve", "A", at(5)))
    assert opened(3) == [0, 0, 0]
    # Corrected: a step moves out of the window, an entry to another day and user.
    land(5, a4=("ann", "C", at(8)), b1=("dee", "A", at(9, 11.5)))
    # The funnels change: one goes, one changes, one comes that nobody enters, one that somebody does.
    del funnels["hours"]
    funnels |= {"days": (DAY, ("A", "BC")), "none": (DAY, ("D", "A")), "new": (DAY, ("B", "C"))}
    funnels_file(path, funnels)
    land(6, f1=("fay", "C", at(9, 12)))
    land(7, f2=("fay", "D", at(2, 12)))


@pytest.mark.long
def test_funnels_that_were_counted_otherwise_are_counted_anew(tmp_path: Path) -> None:
    funnels: Funnels = {"kept": (HOUR, ("A", "B")), "other": (HOUR, ("B", "C")), "never": (HOUR, ("D", "C"))}
    path = funnels_file(tmp_path / "funnels.csv", funnels)
    platform = Platform(tmp_path / "data", start_date=date(2025, 1, 1), funnels_file=path)
    known: dict[str, Happening] = {
        f"{letter}{day}": ("ann", letter, at(day, hour)) for day in (0, 10) for hour, letter in enumerate("ABC")
    }
    drop(platform, LANDED, "first", known)
    platform.run()
    for number, change in enumerate(
        (
            "update metrics.funnel set event_types = 'share' where funnel = 'kept' and step = 2",
            "update metrics.funnel set funnel = 'gone' where funnel = 'kept'",
            "delete from metrics.funnel where funnel = 'other'",
        )
    ):
        with duckdb.connect(platform.settings.warehouse_dir / "user_activity.duckdb") as connection:
            connection.execute(change)
        late: dict[str, Happening] = {f"late{number}": ("bob", "A", at(10, 12 + number))}
        known |= late
        drop(platform, LANDED, f"late{number}", late)
        platform.run()
        assert_same(counted(platform), tried(known.values(), funnels))


@st.composite
def deliveries(draw: st.DrawFn) -> list[dict[str, Happening]]:
    """Few events a user, crowded around the same times; in several files, later ones correcting earlier ones."""
    moments = st.builds(
        lambda day, seconds: START + timedelta(days=day, seconds=seconds),
        st.sampled_from((0, 1, 2, 3)),
        st.sampled_from((0, 0.000001, 1, 60, 61, 3600, 5 * HOUR, 12 * HOUR, 12 * HOUR + 60, DAY - 1)),
    )
    files: list[dict[str, Happening]] = [{} for _ in range(2)]
    for user in range(25):
        near = draw(st.lists(moments, min_size=1, max_size=3))
        for number in range(draw(st.integers(1, 8))):
            letter = draw(st.sampled_from("AAABBBCCDa"))
            happening = (f"u{user}", letter, draw(st.sampled_from(near)))
            files[draw(st.integers(0, 1))][f"e{user}.{number}"] = happening
            if draw(st.integers(0, 9)) == 0:
                files[1][f"e{user}.{number}"] = (f"u{user}", letter, draw(moments))
    return files


@pytest.mark.law
@histories_drawn(quick=1, all=3, nightly=100)
@given(deliveries().filter(all), st.sampled_from(("UTC", "America/New_York", "Asia/Kathmandu")))
def test_a_funnel_counts_what_every_order_of_the_events_gives(files: list[dict[str, Happening]], zone: str) -> None:
    funnels: Funnels = {
        "plain": (60, ("A", "B")),
        "long": (3 * DAY, ("A", "B", "C", "A")),
        "twice": (DAY, ("A", "B", "B", "C")),
        "overlapping": (12 * HOUR, ("A", "BC", "B", "ABC")),
        "chained": (DAY, ("AB", "AB", "A")),
        "single": (1, ("D",)),
    }
    known: dict[str, Happening] = {}
    with TemporaryDirectory() as folder:
        path = funnels_file(Path(folder) / "funnels.csv", funnels)
        platform = Platform(Path(folder) / "data", start_date=date(2025, 1, 1), timezone=zone, funnels_file=path)
        for number, happenings in enumerate(files):
            if happenings:
                drop(platform, LANDED + timedelta(days=number), f"file{number}", happenings)
                platform.run()
                known |= happenings
                assert_same(counted(platform), tried(known.values(), funnels, zone))
