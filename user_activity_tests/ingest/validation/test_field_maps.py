"""Field maps in a file: what they say is what the setting would say, and what is wrong is named with its line."""

import re
from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest.partition.recipe import recipe
from user_activity.ingest.validation.field_maps import FieldMapRejected, field_maps
from user_activity.origins import Origin
from user_activity.settings import Settings
from user_activity.source_maps import SourceMap
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
    found = {source: said.columns for source, said in field_maps(both).items()}
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
        ("events:\n  os: x\n  os: y\n", "line 3 has 'os' a second time"),
        ("events:\n  os: x\nevents:\n  os: y\n", "line 3 has 'events' a second time"),
        ("events:\n  os: {fild: x}\n", "line 2: events.os has 'fild': must be a field name, a path"),
        ("events:\n  os: {}\n", "line 2: events.os must be a field name, a path"),
        ("events:\n  os:\n    expression: a ** b\n", "line 3: events.os expression is 'a ** b': use field names"),
        ("events:\n  os: {field: x, zone: Mars}\n", "line 2: events.os (zone) 'Mars' is not an IANA time zone"),
        ("events:\n  os: {field: x, expression: y}\n", 'line 2: events.os has "field" and "expression"'),
        ("events:\n  os: [a, {b: c}]\n", "line 2: events.os (field.1) "),
        ("events: [a]\n", "line 1: events must name each column with its origin"),
        ("- events\n", "line 1 must name each source with its columns"),
        ("events:\n  os: [a\n", "line 3: is not YAML"),
        ("events:\n\tos: a\n", "line 2: is not YAML"),
        (b"events:\n  os: \xff\n", "is not UTF-8"),
        ("users:\n  file: [a]\n", "line 2: users.file must be names with their values"),
        (
            "users:\n  file:\n    comment: x\n    seperator: x\n",
            "line 4: users.file has 'seperator': the nearest is 'sepa",
        ),
        ("users:\n  fil: {separator: x}\n", "line 2 maps the column 'fil' of users: the nearest is 'file'"),
        (
            "users:\n  file: {encoding: cp1525}\n",
            "line 2: users.file.encoding is 'cp1525', which is no encoding: the nea",
        ),
        ("users:\n  file: {separator: blank}\n", "users.file.separator is 'blank': must be one character, tab, or bl"),
        ("users:\n  file: {separator: '\"'}\n", "line 2: users.file.separator is '\"': must be one character"),
        ("users:\n  file:\n    header: [a, b, a]\n", "line 3: users.file.header names the column 'a' twice"),
        ("users:\n  file: {header: yes}\n", "line 2: users.file.header must be a list of column names"),
        ("users:\n  file: {records: a..b}\n", "line 2: users.file.records is 'a..b': must be the names on the path"),
        ("users:\n  file: {comment: ' '}\n", "line 2: users.file.comment is ' ': must be what the lines to skip"),
        ("users:\n  file: {decimal: comma}\n", "line 2: users.file.decimal "),
        ("orders:\n  identity: [usr_id]\n", "line 2 makes order_id of 'usr_id': the nearest is 'user_id'"),
        ("orders:\n  identity:\n    - user_id\n    - order_id\n", "line 4 makes order_id of 'order_id': the nearest"),
        ("events:\n  roles:\n    buy: [x]\n    purchas: [y]\n", "line 3 has 'buy' in roles: the nearest is "),
        (
            "events:\n  roles:\n    purchase: [x]\n    search: [X]\n",
            "line 4 says that 'X' is search, but it is purchase",
        ),
        ("orders:\n  roles: {purchase: [x]}\n", "line 2 has roles in orders, whose records have no event type"),
        ("orders:\n  statuses: {canceled: [x]}\n", "line 2 has 'canceled' in statuses: the nearest is 'cancelled'"),
        ("users:\n  columns:\n    nam: x\n", "line 3 maps the column 'nam' of users: the nearest is 'name'"),
        ("users:\n  columns: [a]\n", "users must name each column with its origin under columns"),
        ("users:\n  name: x\n  columns: {name: y}\n", "users maps the column 'name' beside columns and under it"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str | bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(FieldMapRejected) as caught:
        field_maps(settings(tmp_path, text))
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "maps.yml"))
    assert "\n" not in str(caught.value)


def test_the_setting_overrides_the_file_word_by_word(tmp_path: Path) -> None:
    text = (
        "events:\n  file: {separator: tab, decimal: ','}\n  identity: [user_id]\n  roles: {purchase: [a], search: b}\n"
    )
    over = {"file": {"separator": ";"}, "roles": {"purchase": ["c"]}}
    said = field_maps(settings(tmp_path, text, field_maps={"events": over}))["events"]
    assert (said.file.separator, said.file.decimal, said.identity) == (";", ",", ("user_id",))
    assert said.roles == {"purchase": ("c",), "search": ("b",)}


TOML = """\
[events]
user_id = ["userId", "anonymousId"]
identity = "user_id"
[events.file]
header = false
[events.columns]
event_at = {field = "when", format = "%d/%m/%Y"}
country = {const = "NO"}
"""
YAML = """\
events:
  file: {header: false}
  identity: [user_id]
  columns:
    event_at: {field: when, format: "%d/%m/%Y"}
    country: {const: "NO"}
    user_id: [userId, anonymousId]
"""


def test_toml_says_the_same_as_yaml(tmp_path: Path) -> None:
    (tmp_path / "maps.toml").write_text(TOML)
    toml = Settings(_env_file=None, data_dir=tmp_path, field_maps_file=tmp_path / "maps.toml")
    assert field_maps(toml) == field_maps(settings(tmp_path, YAML))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[event]\nos = 'x'\n", "maps.toml names the source 'event': the nearest is 'events'"),
        ("events\n", "is not TOML: "),
    ],
)
def test_a_mistake_in_toml_is_named(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "maps.toml").write_text(text)
    with pytest.raises(FieldMapRejected, match=re.escape(says)):
        field_maps(Settings(_env_file=None, data_dir=tmp_path, field_maps_file=tmp_path / "maps.toml"))


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "events:\n"])
def test_an_empty_file_maps_nothing(text: str, tmp_path: Path) -> None:
    assert all(said == SourceMap() for said in field_maps(settings(tmp_path, text)).values())


def test_a_value_that_stands_for_none(tmp_path: Path) -> None:
    text = "orders:\n  user_id: {field: customer, values: {0: null, 1: u1}}\n  country: {field: null}\n"
    columns = field_maps(settings(tmp_path, text))["orders"].columns
    assert columns["user_id"].values == {"0": None, "1": "u1"}
    assert columns["country"].fields == ("null",)
