"""``user_activity.read``: tables of either engine as data frames with types that notebooks can count on."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import user_activity
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse

COLUMNS = {
    "day": "date",
    "at": "timestamp",
    "amount": "decimal(18, 2)",
    "n": "bigint",
    "ok": "boolean",
    "who": "varchar",
}
ROWS: list[tuple[Any, ...]] = [
    (date(2025, 1, 1), datetime(2025, 1, 1, 12), Decimal("0.10"), 2**60 + 1, True, "ann"),
    (date(2025, 1, 2), None, None, None, None, None),
]
TYPES = {
    "day": "datetime64[s]", "at": "datetime64[us, UTC]", "amount": "decimal128(38, 2)[pyarrow]",
    "n": "Int64", "ok": "boolean", "who": "str",
}  # fmt: skip


@pytest.fixture(params=["duckdb", "postgres"])
def unbuilt(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "duckdb":
        return Settings(data_dir=tmp_path)
    database: Callable[..., str] = request.getfixturevalue("database")
    return Settings(data_dir=tmp_path, warehouse="postgres", warehouse_url=database())


@pytest.fixture
def settings(unbuilt: Settings) -> Settings:
    warehouse = open_warehouse(unbuilt)
    warehouse.prepare()
    warehouse.load("metrics.funnel", COLUMNS, ROWS)
    return unbuilt


def test_types_and_values(settings: Settings) -> None:
    frame = user_activity.read("metrics.funnel", settings=settings).sort_values("day", ignore_index=True)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == TYPES
    assert frame.n[0] == 2**60 + 1
    assert frame.amount[0] == Decimal("0.10")
    assert frame["at"][0] == pd.Timestamp("2025-01-01 12:00", tz="UTC")
    assert frame.iloc[1].drop("day").isna().all()


def test_an_empty_answer_has_the_same_types(settings: Settings) -> None:
    frame = user_activity.read("metrics.funnel", where={"who": []}, settings=settings)
    assert len(frame) == 0
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == TYPES


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ({"day": date(2025, 1, 2)}, [2]),
        ({"who": None}, [2]),
        ({"who": ["ann", None]}, [1, 2]),
        ({"who": "' or 1=1"}, []),
    ],
)
def test_rows_are_chosen_by_bound_values(settings: Settings, where: dict[str, Any], days: list[int]) -> None:
    frame = user_activity.read("metrics.funnel", columns=["day"], where=where, settings=settings)
    assert sorted(frame.day.dt.day) == days


def test_unknown_names_are_refused_with_the_nearest(settings: Settings) -> None:
    for relation in ("metrics.funel", 'metrics.funnel"; drop table metrics.funnel; --'):
        with pytest.raises(LookupError, match=r"nearest name is 'metrics\.funnel'"):
            user_activity.read(relation, settings=settings)
    with pytest.raises(LookupError, match="nearest name is 'amount'"):
        user_activity.read("metrics.funnel", columns=["amuont"], settings=settings)


def test_a_warehouse_that_is_not_built_says_what_to_do(unbuilt: Settings) -> None:
    with pytest.raises(FileNotFoundError, match="user-activity run"):
        user_activity.read("metrics.funnel", settings=unbuilt)


def test_neither_the_package_nor_the_commands_import_pandas() -> None:
    code = "import sys, user_activity, user_activity.cli; assert 'pandas' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
