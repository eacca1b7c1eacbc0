"""A new source is found by itself, and what is wrong with one is said in a sentence that names it."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from user_activity.sources import SourceRejected, discover

CONTRACT = """
from datetime import datetime
from typing import Annotated

from user_activity.sources.contracts.base import Contract, Source, column
from user_activity.sources.contracts.times import Moment
from user_activity.sources.contracts.values import Text


class Visit(Contract):
    visit_id: Annotated[str, Text()] = column("The visit.")
    visit_at: Annotated[datetime, Moment(dated=True)] = column("When, UTC.")
    left_at: Annotated[datetime | None, Moment()] = column("Until when, UTC.", optional=True)
"""
FACTS = """
{variable} = Source(
    name="{name}", description="Visits.", contract=Visit, key={key}, date_column="{date_column}",
    updated_column={updated_column}, derive_key={derive_key}, owner="team:stores",
)
"""


def source(
    name: str = "visits",
    *,
    variable: str = "SOURCE",
    key: tuple[str, ...] = ("visit_id",),
    date_column: str = "visit_at",
    updated_column: str | None = None,
    derive_key: bool = False,
) -> str:
    return FACTS.format(
        variable=variable,
        name=name,
        key=key,
        date_column=date_column,
        updated_column=repr(updated_column),
        derive_key=derive_key,
    )


Package = Callable[..., ModuleType]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Makes a package of some modules, as `user_activity.sources` is one."""

    def make(**modules: str) -> ModuleType:
        folder = tmp_path / "made_up"
        (folder / "contracts").mkdir(parents=True)
        for name, text in {"__init__": "", "contracts/__init__": "", **modules}.items():
            (folder / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in [name for name in sys.modules if name.partition(".")[0] == "made_up"]:
            monkeypatch.delitem(sys.modules, name)
        return import_module("made_up")

    return make


def test_a_module_is_a_source_and_the_order_is_that_of_names(package: Package) -> None:
    found = discover(package(a=CONTRACT + source("visits"), b=CONTRACT + source("calls")))
    assert list(found) == ["calls", "visits"]
    assert found["visits"].key == ("visit_id",)
    assert not found["visits"].has_user


@pytest.mark.parametrize(
    ("modules", "says"),
    [
        ({"visits": CONTRACT}, r"made_up/visits\.py declares no source: it must end with SOURCE = Source\(…\)"),
        (
            {"visits": CONTRACT + source("visits") + source("calls", variable="OTHER")},
            r"made_up/visits\.py declares calls and visits: give each source a module of its own",
        ),
        (
            {"calls": CONTRACT + source(), "visits": CONTRACT + source()},
            r"made_up/calls\.py and made_up/visits\.py both declare the source visits: rename one",
        ),
        ({"visits": CONTRACT + source("Shop visits")}, "A source is named 'Shop visits': use lower-case letters"),
        (
            {"visits": CONTRACT + source(updated_column="updated_at")},
            r"The source visits \(made_up\.visits\) names updated_at: its columns are visit_id, visit_at, left_at",
        ),
        (
            {"visits": CONTRACT.replace("left_at", "statuses") + source()},
            "has the column statuses, which means something else in field maps",
        ),
        ({"visits": CONTRACT + source(key=("left_at",))}, "needs left_at in every record: it must not be optional"),
        ({"visits": CONTRACT + source(date_column="visit_id")}, r"dated by visit_id: make that a Moment\(dated=True\)"),
        (
            {"visits": CONTRACT + source(key=("visit_at",), derive_key=True)},
            "derives its key: the contract's first column must be in it",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(package: Package, modules: dict[str, str], says: str) -> None:
    with pytest.raises(SourceRejected, match=says):
        discover(package(**modules))
