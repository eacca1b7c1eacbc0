"""Writing a map into the field-map file: what else is there stays, to the letter."""

from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest.inspection.map_file import MapNotWritten, write
from user_activity.ingest.inspection.sections import plain
from user_activity.ingest.validation.field_maps import field_maps
from user_activity.settings import Settings
from user_activity.source_maps import SourceMap
from user_activity_tests.ingest.inspection.samples import KINDS

SETTINGS = Settings(_env_file=None)
USERS = "# Our users\nusers:\n  name: nick  # as they write it\n"
EVENTS = "events:\n  user_id: visitor\n\n  event_type:\n    field: kind\n"
MAP: dict[str, Any] = {"user_id": ["userId", "anonymousId"], "country": {"const": "NO"}}


def written(path: Path) -> dict[str, dict[str, Any]]:
    settings = SETTINGS.model_copy(update={"field_maps_file": path})
    return {
        source: {column: plain(origin) for column, origin in found.columns.items()}
        for source, found in field_maps(settings).items()
    }


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.field_map], ids=lambda kind: kind.name)
def test_a_map_is_read_back_as_it_was_proposed(kind: Any, tmp_path: Path) -> None:
    path = tmp_path / "maps.yml"
    write(path, kind.source, kind.field_map, SETTINGS, force=False)
    settings = SETTINGS.model_copy(update={"field_maps_file": path})
    assert field_maps(settings) == {kind.source: SourceMap.model_validate(kind.field_map)}


def test_a_file_of_toml_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "maps.toml"
    path.write_text("[users]\nname = 'nick'\n")
    with pytest.raises(MapNotWritten, match="is TOML: add the map to it yourself"):
        write(path, "events", MAP, SETTINGS, force=False)
    assert path.read_text() == "[users]\nname = 'nick'\n"


def test_the_maps_of_other_sources_and_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "maps.yml"
    path.write_text(USERS.rstrip("\n"))
    write(path, "events", MAP, SETTINGS, force=False)
    assert path.read_text().startswith(USERS)
    assert written(path) == {"users": {"name": "nick"}, "events": MAP}


def test_a_map_of_the_source_is_only_replaced_by_force(tmp_path: Path) -> None:
    path = tmp_path / "maps.yml"
    path.write_text(EVENTS + USERS)
    with pytest.raises(MapNotWritten, match="--force"):
        write(path, "events", MAP, SETTINGS, force=False)
    assert path.read_text() == EVENTS + USERS
    write(path, "events", MAP, SETTINGS, force=True)
    assert "nick  # as they write it" in path.read_text()
    assert written(path) == {"users": {"name": "nick"}, "events": MAP}


@pytest.mark.parametrize("text", ["{users: {name: nick}}\n", "users: {name: nick}\n...\n"])
def test_a_file_in_another_style_is_left_as_it_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "maps.yml"
    path.write_text(text)
    try:
        write(path, "events", MAP, SETTINGS, force=False)
    except MapNotWritten:
        assert path.read_text() == text
    assert written(path)["users"] == {"name": "nick"}


@pytest.mark.parametrize(
    "text", ["events: {user_id: visitor}\nusers:\n  name: nick\n", "users:\n  name: nick\nevents:\n"]
)
def test_any_style_of_a_sources_map_is_replaced(text: str, tmp_path: Path) -> None:
    path = tmp_path / "maps.yml"
    path.write_text(text)
    write(path, "events", MAP, SETTINGS, force=True)
    assert written(path) == {"users": {"name": "nick"}, "events": MAP}
