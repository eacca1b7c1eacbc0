"""What a session is: by table, and against a plain walk over the events."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.orchestration.command_runs import open_runner
from user_activity_tests.examples import histories_drawn
from user_activity_tests.laws.histories import encode
from user_activity_tests.platform import Platform

START = datetime(2025, 1, 10, 22, 0)
LANDED = date(2025, 1, 14)
Happening = tuple[str, str | None, datetime]  # user, the source's session id, when


def platform_with(folder: Path, happenings: list[Happening]) -> Platform:
    platform = Platform(folder, start_date=date(2025, 1, 1))
    records = tuple(
        {"event_id": f"e{number}", "user_id": user, "event_type": "page_view", "event_at": moment.isoformat()}
        | ({"session_id": session} if session else {})
        for number, (user, session, moment) in enumerate(happenings)
    )
    platform.drop("events", LANDED, "events.jsonl", encode(records, "events.jsonl"))
    platform.run()
    return platform


def sessions_of(platform: Platform) -> list[tuple[str, datetime, datetime, int]]:
    return platform.query("select user_id, started_at, ended_at, event_count from marts.fct_sessions order by all")


def walked(
    happenings: list[Happening], timeout: timedelta = timedelta(minutes=30)
) -> list[tuple[str, datetime, datetime, int]]:
    """The same by the definition, one event after the other."""
    sessions = []
    groups: dict[tuple[str, str | None], list[datetime]] = defaultdict(list)
    for user, session, moment in happenings:
        groups[user, session].append(moment)
    for (user, session), moments in groups.items():
        current: list[datetime] = []
        for moment in sorted(moments):
            gap = timedelta(hours=24) if session else timeout
            if current and (moment - current[-1] > gap or moment - current[0] > timedelta(hours=24)):
                sessions.append((user, current[0], current[-1], len(current)))
                current = []
            current.append(moment)
        sessions.append((user, current[0], current[-1], len(current)))
    return sorted(sessions)


def minutes(*offsets: float, session: str | None = None) -> list[tuple[str | None, datetime]]:
    return [(session, START + timedelta(minutes=offset)) for offset in offsets]


#: When a user was there, and in which of the source's sessions; the events of each session that it is.
CASES: dict[str, tuple[list[tuple[str | None, datetime]], list[int]]] = {
    "one event is a session": (minutes(0), [1]),
    "30 minutes of silence do not end it": (minutes(0, 30), [2]),
    "more than 30 minutes do": (minutes(0, 30.02), [1, 1]),
    "midnight does not": (minutes(100, 130, 155), [3]),
    "24 hours, inclusive": (minutes(*range(0, 1441, 20)), [73]),
    "not a minute more": (minutes(*range(0, 1461, 20)), [73, 1]),
    "the same for a session that the source names": (minutes(0, 1440, session="s"), [2]),
    "which ends after 24 hours too": (minutes(0, 1440.02, session="s"), [1, 1]),
    "each cut counts 24 hours anew": (minutes(0, 900, 1500, 2900, session="s"), [2, 2]),
    "a named session is its own": (minutes(0, 5) + minutes(10, session="s"), [2, 1]),
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """All cases in one run, a user each."""
    happenings = [(name, *visit) for name, (visits, _) in CASES.items() for visit in visits]
    return platform_with(tmp_path_factory.mktemp("cases"), happenings)


@pytest.mark.parametrize("name", CASES)
def test_a_session_is(cases: Platform, name: str) -> None:
    visits, event_counts = CASES[name]
    assert cases.query(
        f"select event_count from marts.fct_sessions where user_id = '{name}' "
        "order by session_id nulls first, started_at"
    ) == [(count,) for count in event_counts]
    found = [session for session in sessions_of(cases) if session[0] == name]
    assert found == walked([(name, *visit) for visit in visits])


@st.composite
def busy_users(draw: st.DrawFn) -> list[Happening]:
    happenings: list[Happening] = []
    for user in range(12):
        moment = START
        for step in draw(
            st.lists(st.sampled_from((0, 1, 20, 29, 30, 31, 90, 700, 1440, 1441)), min_size=1, max_size=60)
        ):
            moment += timedelta(minutes=step)
            happenings.append((f"user {user}", draw(st.sampled_from((None, None, None, "s"))), moment))
    return [happening for happening in happenings if happening[2] < datetime(2025, 1, 15)]


@pytest.mark.law
@histories_drawn(quick=1, all=3, nightly=100)
@given(busy_users().filter(lambda happenings: len({moment for *_, moment in happenings}) > 40))
def test_sessions_are_what_a_walk_over_the_events_finds(happenings: list[Happening]) -> None:
    with TemporaryDirectory() as folder:
        platform = platform_with(Path(folder), happenings)
        assert sessions_of(platform) == walked(happenings)
        # A day in the middle is built once more: sessions go on over both its midnights.
        middle = date(2025, 1, 12)
        with open_runner(platform.settings) as runner:
            assert runner.backfill(middle, middle, None, rebuild_raw=False).success
        assert sessions_of(platform) == walked(happenings)
