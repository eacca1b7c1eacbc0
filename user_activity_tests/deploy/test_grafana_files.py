"""The files that Grafana loads: whole, of Grafana's own form, and made of the panels and queries beside them."""

import enum
import json
import re
import types
import typing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana.__main__ import files
from deploy.grafana.dashboard import asked as read_query
from user_activity_tests.deploy.grafana import DASHBOARDS, FOLDER, Asked, panels, variables

PANELS = pytest.mark.parametrize("asked", list(panels()), ids=lambda asked: asked.name)
ALL = pytest.mark.parametrize("name", DASHBOARDS)


def provisioned(what: str) -> dict[str, Any]:
    (file,) = (FOLDER / "provisioning" / what).glob("*.yaml")
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


def test_the_files_are_what_their_panels_and_queries_make() -> None:
    stale = [path.name for path, text in files().items() if path.read_text() != text]
    assert not stale, "run `make dashboards` and commit the files"
    assert {path.stem for path in files()} == set(DASHBOARDS)


def test_every_query_is_shown_once() -> None:
    files = list(FOLDER.glob("queries/*/*.sql"))
    periods = {path: ("week", "month") if "<period>" in path.read_text() else (None,) for path in files}
    written = Counter(read_query(path, period)[2] for path in files for period in periods[path])
    assert Counter(asked.sql for asked in panels()) == written


@ALL
def test_a_dashboard_has_grafanas_own_form(name: str) -> None:
    """Grafana's models keep every value that it is given, and each is of the kind that they declare."""
    register_default_plugins()
    decoded = Dashboard.from_json(DASHBOARDS[name])
    encoded = encode(decoded)
    assert list(lost(DASHBOARDS[name], encoded)) == []
    assert list(misfits(decoded)) == []


def test_what_grafana_does_not_know_is_found() -> None:
    register_default_plugins()
    sample = next(asked.panel for asked in panels() if asked.panel["type"] == "timeseries")
    wrong = {**sample, "options": {**sample["options"], "tooltip": {"mode": "loud"}, "colour": "red"}}
    decoded = Dashboard.from_json({"panels": [wrong]})
    assert list(lost({"panels": [wrong]}, encode(decoded))) == [".panels[0].options.colour"]
    assert list(misfits(decoded)) == [".panels[0].options.tooltip.mode is 'loud'"]


def encode(decoded: Any) -> Any:
    return json.loads(json.dumps(decoded, cls=JSONEncoder))


def lost(given: Any, kept: Any, where: str = "") -> Iterator[str]:
    """Where something that was given is not in what was kept."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            if key not in kept and value is not None:
                yield f"{where}.{key}"
            else:
                yield from lost(value, kept.get(key), f"{where}.{key}")
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from lost(one, other, f"{where}[{number}]")
    elif given != kept:
        yield f"{where}: {given!r} became {kept!r}"


def misfits(value: Any, where: str = "") -> Iterator[str]:
    """Where a value of Grafana's models is not of the kind that the model declares."""
    hints = declared(type(value))
    for name, hint in hints.items():
        found = getattr(value, name)
        here = f"{where}.{name}"
        if not fits(found, hint):
            yield f"{here} is {found!r}"
        elif isinstance(found, list):
            for number, each in enumerate(found):
                yield from misfits(each, f"{here}[{number}]")
        else:
            yield from misfits(found, here)


def declared(model: type) -> dict[str, Any]:
    return typing.get_type_hints(model) if model.__module__.startswith("grafana_foundation_sdk.models") else {}


def fits(value: Any, hint: Any) -> bool:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (Any, object):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, each) for each in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin is list:
        return isinstance(value, list) and all(fits(each, *arguments) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(each, arguments[1]) for each in value.values())
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return value in list(hint)
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(hint, type) and isinstance(value, hint)


@ALL
def test_panels_have_ids_of_their_own_and_stand_beside_each_other(name: str) -> None:
    found = DASHBOARDS[name]["panels"]
    assert max(Counter(panel["id"] for panel in found).values()) == 1
    taken: Counter[tuple[int, int]] = Counter()
    for panel in found:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken.update((x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"]))  # fmt: skip
    assert max(taken.values()) == 1
    lines = Counter(y for _, y in taken)
    assert set(lines.values()) == {24}, "a line of panels leaves room at its right, or they are not of one height"


@PANELS
def test_a_panel_says_what_it_shows(asked: Asked) -> None:
    panel = asked.panel
    assert panel["title"]
    assert re.search(r"\((metrics|audit|marts)\.\w+|pg_class|catalogue\)", panel["description"]), "which table is it?"
    assert panel["fieldConfig"]["defaults"]["noValue"]
    assert panel["type"] == "table" or panel["fieldConfig"]["defaults"]["unit"]
    if "$__timeFilter" not in asked.sql:
        assert re.search(r"\bnow\b|whatever", panel["description"]), "it must say that the time range is not its"


@PANELS
def test_a_panel_asks_the_provisioned_source(asked: Asked) -> None:
    (source,) = provisioned("datasources")["datasources"]
    expected = {"type": source["type"], "uid": source["uid"]}
    (target,) = asked.panel["targets"]
    assert asked.panel["datasource"] == target["datasource"] == expected
    assert target["format"] == ("time_series" if asked.panel["type"] == "timeseries" else "table")


@ALL
def test_variables_are_used_and_nothing_else_is(name: str) -> None:
    known = variables(name)
    text = (FOLDER / "dashboards" / f"{name}.json").read_text()
    used = set(re.findall(r"\$\{([a-z]\w*)", text))
    assert used == set(known)
    (source,) = provisioned("datasources")["datasources"]
    assert all(each["datasource"]["uid"] == source["uid"] for each in known.values() if each["type"] == "query")


def test_no_file_holds_a_secret_or_an_address() -> None:
    (source,) = provisioned("datasources")["datasources"]
    assert source["secureJsonData"] == {"password": "$WAREHOUSE_READER_PASSWORD"}
    assert (source["url"], source["user"]) == ("$WAREHOUSE_HOST", "$WAREHOUSE_READER")
    inside = source["jsonData"]
    assert (inside["database"], inside["sslmode"]) == ("$WAREHOUSE_DATABASE", "$WAREHOUSE_SSLMODE")


def test_the_browser_does_not_overwrite_the_files() -> None:
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["type"] == "file"
    assert Path(provider["options"]["path"]) == Path("/var/lib/grafana/dashboards")


@ALL
def test_links_lead_to_dashboards_that_exist(name: str) -> None:
    known = {f"/d/{dashboard['uid']}" for dashboard in DASHBOARDS.values()}
    urls = {link["url"] for link in DASHBOARDS[name]["links"]}
    assert {url for url in urls if url.startswith("/")} == known - {f"/d/{DASHBOARDS[name]['uid']}"}
