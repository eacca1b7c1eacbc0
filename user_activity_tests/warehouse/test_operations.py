"""Whatever operators do, and whatever is lost or killed meanwhile: the tables are those of the files that are there."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import psycopg2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from user_activity_tests.examples import histories_drawn
from user_activity_tests.laws import fault_points
from user_activity_tests.platform import Platform, differences
from user_activity_tests.postgres import Server

FIRST = date(2025, 1, 5)
WIDE = "page_view,click,purchase,swipe"
NARROW = WIDE.removesuffix(",swipe")
TABLES = ("staging.stg_events", "marts.dim_users", "marts.fct_sessions", "metrics.daily_engagement")


@dataclass
class Shop:
    """An instance, the files that it should hold, and a copy of its warehouse."""

    platform: Platform
    server: Server | None
    files: dict[tuple[date, str], bytes] = field(default_factory=dict)
    saved: bool = False
    landed: int = 0

    def land(self, day: date, content: bytes) -> None:
        # The same content twice on one day is one file.
        if content not in (known for (landed_on, _), known in self.files.items() if landed_on == day):
            self.landed += 1
            name = f"{self.landed}.jsonl"
            self.platform.drop("events", day, name, content)
            self.files[day, name] = content

    def copy(self, day: date) -> None:
        if self.files:
            self.land(day, self.files[min(self.files)])

    def withdraw(self, day: date, name: str) -> None:
        waiting = self.platform.settings.incoming_dir / "events" / str(day) / name
        if waiting.exists():
            waiting.unlink()
        else:
            self.platform.withdraw("events", day, name)
        del self.files[day, name]

    def allow(self, types: str) -> None:
        self.platform = Platform(**{**self._shape(), "event_types": types})

    def execute(self, statement: str) -> None:
        with suppress(psycopg2.errors.UndefinedTable, duckdb.CatalogException):  # lost before
            if self.server:
                with closing(psycopg2.connect(self.server.url("shop"))) as connection, connection.cursor() as cursor:
                    cursor.execute(f"{statement}{' cascade' if statement.startswith('drop') else ''}; commit")
            elif self._file.exists():
                with duckdb.connect(str(self._file)) as connection:
                    connection.execute(statement)

    def save(self) -> None:
        if self.server:
            self.server.execute("drop database if exists saved with (force)", "create database saved template shop")
        else:
            shutil.copytree(self.platform.settings.warehouse_dir, self._copy, dirs_exist_ok=True)
        self.saved = True

    def restore(self) -> None:
        self.lose_warehouse(*(["template saved"] if self.saved else []))
        if self.saved and not self.server:
            shutil.copytree(self._copy, self.platform.settings.warehouse_dir)

    def lose_warehouse(self, more: str = "") -> None:
        if self.server:
            self.server.execute("drop database shop with (force)", f"create database shop {more}")
        else:
            shutil.rmtree(self.platform.settings.warehouse_dir, ignore_errors=True)

    def lose_manifests(self) -> None:
        shutil.rmtree(self.platform.settings.lake_dir / "manifests", ignore_errors=True)

    def die(self, point: int) -> None:
        if not self.server:
            fault_points.run(self.platform, killed_at=point)

    def clean(self, folder: Path) -> Platform:
        """One load of the same files under the same settings."""
        platform = Platform(folder, start_date=FIRST, event_types=self.platform.settings.event_types)
        for (day, name), content in self.files.items():
            platform.drop("events", day, name, content)
        platform.run()
        return platform

    @property
    def _file(self) -> Path:
        return self.platform.settings.warehouse_dir / "user_activity.duckdb"

    @property
    def _copy(self) -> Path:
        return self.platform.settings.data_dir / "saved"

    def _shape(self) -> dict[str, object]:
        found = self.platform.settings
        names = ("data_dir", "warehouse", "warehouse_url", "start_date", "event_types")
        return {name: getattr(found, name) for name in names}


Step = Callable[[Shop], object]
DAYS = st.integers(0, 3).map(lambda number: FIRST + timedelta(days=number))
EVENTS = st.builds(
    lambda number, user, kind, day, minute: {
        "event_id": f"e{number}",
        "user_id": user,
        "event_type": kind,
        "event_at": f"{day}T23:{minute}:00Z",
    },
    st.integers(0, 9),
    st.sampled_from(("ann", "bob", "cy")),
    st.sampled_from(("page_view", "click", "purchase", "swipe")),
    DAYS,
    st.sampled_from(("00", "40", "59")),
)
CONTENTS = st.lists(EVENTS, min_size=1, max_size=4).map(
    lambda events: "".join(json.dumps(event) + "\n" for event in events).encode()
)


def of_a_file(step: Callable[[Shop, date, str], object]) -> st.SearchStrategy[Step]:
    def chosen(number: int) -> Step:
        def taken(shop: Shop) -> None:
            if len(shop.files) > 1:  # the last one stays, so that there is something to compare
                step(shop, *sorted(shop.files)[number % len(shop.files)])

        return taken

    return st.integers(0, 9).map(chosen)


def told(name: str, step: Step) -> Step:
    step.__name__ = name  # Hypothesis prints it with a failing example
    return step


def to_run() -> Step:
    return told("run", lambda shop: shop.platform.run())


def to_land(day: date, content: bytes) -> Step:
    return told(f"land {day} {content!r}", lambda shop: shop.land(day, content))


def to_copy(day: date) -> Step:
    return told(f"copy to {day}", lambda shop: shop.copy(day))


def to_allow(types: str) -> Step:
    return told(f"allow {types}", lambda shop: shop.allow(types))


def to_die(point: int) -> Step:
    return told(f"die at {point}", lambda shop: shop.die(point))


def to_execute(verb: str, table: str) -> Step:
    return told(f"{verb} {table}", lambda shop: shop.execute(f"{verb} {table}"))


CHANGES = st.one_of(
    st.builds(to_land, DAYS, CONTENTS),
    st.builds(to_copy, DAYS),
    of_a_file(Shop.withdraw),
    st.builds(to_allow, st.sampled_from((WIDE, NARROW))),
    st.builds(to_die, st.integers(0, 330)),
)
LOSSES = st.one_of(
    st.sampled_from((Shop.save, Shop.restore, Shop.lose_warehouse, Shop.lose_manifests)),
    st.builds(to_execute, st.sampled_from(("drop table if exists", "delete from")), st.sampled_from(TABLES)),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """A first load, then some changes and losses, with runs between some of them."""
    landing = st.builds(to_land, DAYS, CONTENTS)
    steps: list[Step] = [draw(landing), draw(landing), to_run()]
    for _ in range(draw(st.integers(2, 4))):
        steps += [draw(CHANGES), draw(st.one_of(CHANGES, LOSSES))]
        if draw(st.booleans()):
            steps.append(to_run())
    assume(len({step.__name__.partition(" ")[0] for step in steps}) >= 5)
    return steps


@pytest.mark.law
@pytest.mark.long
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_the_tables_are_those_of_the_files_that_are_there(engine: str, server: Server) -> None:
    @histories_drawn(quick=1, all=2, nightly=500)
    @given(histories())
    def holds(steps: list[Step]) -> None:
        with TemporaryDirectory() as folder:
            shop = _opened(engine, server, Path(folder) / "shop")
            for step in steps:
                step(shop)
            shop.platform.run()
            assert not differences(shop.platform.tables(), shop.clean(Path(folder) / "clean").tables())

    holds()


def _opened(engine: str, server: Server, folder: Path) -> Shop:
    shape = {"warehouse": engine, "warehouse_url": server.fresh_database("shop")} if engine == "postgres" else {}
    platform = Platform(folder, start_date=FIRST, event_types=NARROW, **shape)
    return Shop(platform, server if engine == "postgres" else None)
