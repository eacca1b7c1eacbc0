"""Law 6, one SQL: the same files give the same tables on every engine, row for row, to the last bit of a double."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.simulate import simulate
from user_activity_tests.engines import account, assert_same_tables
from user_activity_tests.examples import histories_drawn
from user_activity_tests.laws.histories import FIRST_DAY, SETTINGS, File, deliveries, encode, histories
from user_activity_tests.platform import Platform
from user_activity_tests.postgres import Server

LAST_PLAN = {
    "rebuilt_dates": "event_date, reason",
    "rebuilt_users": "user_key, first_active_date",
}
Delivery = tuple[str, date, str, bytes]


def build(platform: Platform, batches: Iterable[Iterable[Delivery]]) -> Platform:
    """Land and run, batch by batch."""
    for batch in batches:
        for delivery in batch:
            platform.drop(*delivery)
        platform.run()
    return platform


def assert_same(ours: Platform, theirs: Platform) -> None:
    """Every table, every column with its type, every row; and what each of their last runs planned."""
    for table, columns in LAST_PLAN.items():
        assert account(ours, table, columns) == account(theirs, table, columns)
    assert_same_tables(ours, theirs)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Delivery]:
    """A small messy shop, in the order of landing dates."""
    folder = tmp_path_factory.mktemp("simulated")
    simulate(folder, start=FIRST_DAY, days=40, events=3_000, seed=3, messy=0.03)
    files = [path for path in folder.rglob("*") if path.is_file()]
    named = [(*path.relative_to(folder).parts[:2], path) for path in files]
    return sorted((source, date.fromisoformat(day), path.name, path.read_bytes()) for source, day, path in named)


@pytest.mark.long
@pytest.mark.parametrize(
    "shape",
    [{}, {"timezone": "America/New_York", "week_start": "sunday", "session_timeout_minutes": 10}],
    ids=["by default", "elsewhere"],
)
def test_a_simulated_shop_is_the_same_on_both(
    shape: dict[str, Any], simulated: Sequence[Delivery], database: Callable[..., str], tmp_path: Path
) -> None:
    # Most of it at once, then days one by one: tables that are made, and tables that go on.
    by_day = sorted(simulated, key=lambda delivery: delivery[1])
    days = sorted({day for _, day, _, _ in by_day})
    ends = [days[-3], *days[-2:]]
    batches = [
        [delivery for delivery in by_day if start < delivery[1] <= end]
        for start, end in zip([date.min, *ends], ends, strict=False)
    ]
    server = Platform(tmp_path / "server", warehouse="postgres", warehouse_url=database(), **shape)
    embedded = Platform(tmp_path / "embedded", **shape)
    assert_same(build(server, batches), build(embedded, batches))


@st.composite
def delivered(draw: st.DrawFn) -> list[list[File]]:
    files = draw(deliveries(draw(histories())))
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(files) - 1)), min_size=1, max_size=1)))
    return [files[start:end] for start, end in zip([0, *cuts], [*cuts, len(files)], strict=True)]


@pytest.mark.law
@pytest.mark.long  # the law of two runs at once compares the engines as well
@histories_drawn(quick=1, all=2, nightly=50)
@given(delivered())
def test_random_histories_are_the_same_on_both(server: Server, batches: list[list[File]]) -> None:
    with TemporaryDirectory() as folder:
        url = server.fresh_database("shop")
        ours = Platform(
            Path(folder) / "ours", warehouse="postgres", warehouse_url=url, start_date=FIRST_DAY, **SETTINGS
        )
        theirs = Platform(Path(folder) / "theirs", start_date=FIRST_DAY, **SETTINGS)
        landed = [[(f.source, f.landing_date, f.name, encode(f.records, f.name)) for f in batch] for batch in batches]
        assert_same(build(ours, landed), build(theirs, landed))
