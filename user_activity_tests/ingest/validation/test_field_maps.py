"""Field maps in a file: what they say is what the setting would say, and what is wrong is named with its line."""

from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest.partition.recipe import recipe
from user_activity.ingest.validation.field_maps import FieldMapRejected, field_maps
from user_activity.origins import Origin
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity_tests.ingest.conftest import Drop

MAPS = """\
# Our tracker's names
events:
  user_id: [userId, anonymousId]
  event_at: {field: when, format: "%d/%m/%Y %H:%M", zone: Europe/Berlin}
  event_type: {field: kind, values: {1: page_view, yes: click}}
  page_url: params[key=page].value
  revenue:
    expression: cents / 100
  country: {const: NO}
  os: no
"""
RECORD = {
    "userId": None, "anonymousId": "a1", "when": "05/01/2026 10:00", "kind": 1, "cents": 250, "no": "linux",
    "params": [{"key": "page", "value": "/p"}],
}  # fmt: skip


def settings(tmp_path: Path, text: str | bytes, **more: Any) -> Settings:
    path = tmp_path / "maps.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Settings(_env_file=None, data_dir=tmp_path, field_maps_file=path, **more)


def test_a_file_maps_records(tmp_path: Path) -> None:
    (tmp_path / "maps.yml").write_text(MAPS)
    drop = Drop(tmp_path, field_maps_file=tmp_path / "maps.yml")
    drop.lines("a.jsonl", [RECORD, RECORD | {"kind": "yes"}])
    first, second = drop.rows(drop.ingest())
    assert (first["user_id"], first["event_type"], first["page_url"]) == ("a1", "page_view", "/p")
    assert (str(first["event_at"]), str(first["revenue"]), first["os"]) == ("2026-01-05 09:00:00", "2.5000", "linux")
    assert (second["event_type"], second["country"]) == ("click", "false")  # YAML's NO without quotes is a flag


def test_the_setting_overrides_the_file_column_by_column(tmp_path: Path) -> None:
    both = settings(tmp_path, MAPS, field_maps={"events": {"user_id": "who"}, "users": {"name": "nick"}})
    found = field_maps(both)
    assert found["events"]["user_id"] == Origin.model_validate("who")
    assert found["events"]["revenue"] == Origin.model_validate({"expression": "cents / 100"})
    assert list(found["users"]) == ["name"]


def test_another_file_is_another_recipe_for_the_sources_that_it_changes(tmp_path: Path) -> None:
    before = {name: recipe(source, settings(tmp_path, MAPS)) for name, source in SOURCES.items()}
    after = {name: recipe(source, settings(tmp_path, MAPS + "  browser: ua\n")) for name, source in SOURCES.items()}
    assert {name for name in SOURCES if before[name] != after[name]} == {"events"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("events:\n  user_id: u\nevent:\n  os: x\n", "line 3 names the source 'event': the nearest is 'events'"),
        ("events:\n  os: x\n  usr_id: u\n", "line 3 maps the column 'usr_id' of events: the nearest is 'user_id'"),
        ("events:\n  os: x\n  os: y\n", "line 3 maps the column 'os' of events a second time"),
        ("events:\n  os: x\nevents:\n  os: y\n", "line 3 has the source events a second time"),
        ("events:\n  os: {fild: x}\n", "line 2: events.os has 'fild': must be a field name, a path"),
        ("events:\n  os: {}\n", "line 2: events.os must be a field name, a path"),
        ("events:\n  os:\n    expression: a ** b\n", "line 3: events.os expression is 'a ** b': use field names"),
        ("events:\n  os: {field: x, zone: Mars}\n", "line 2: events.os (zone) 'Mars' is not an IANA time zone"),
        ("events:\n  os: {field: x, expression: y}\n", 'line 2: events.os has "field" and "expression"'),
        ("events:\n  os: [a, {b: c}]\n", "line 2: events.os (field.1) "),
        ("events: [a]\n", "line 1 must name each column with its origin"),
        ("- events\n", "line 1 must name each source with its columns"),
        ("events:\n  os: [a\n", "line 3: is not YAML"),
        ("events:\n\tos: a\n", "line 2: is not YAML"),
        (b"events:\n  os: \xff\n", "is not UTF-8"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str | bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(FieldMapRejected) as caught:
        field_maps(settings(tmp_path, text))
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "maps.yml"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "events:\n"])
def test_an_empty_file_maps_nothing(text: str, tmp_path: Path) -> None:
    assert not any(field_maps(settings(tmp_path, text)).values())
