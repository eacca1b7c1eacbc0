"""Presets: ready-made maps of what public tools export, one file for each tool in the language of field-map files."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from user_activity import sources
from user_activity.ingest.validation.map_documents import FieldMapRejected, map_document
from user_activity.source_maps import SourceMap, nearest, source_maps

FOLDER = Path(sources.__file__).parent / "presets"


@dataclass(frozen=True)
class Preset:
    """What a preset's file says."""

    name: str
    description: str
    documentation: tuple[str, ...]
    """Where the tool describes what it exports."""
    lost: tuple[str, ...]
    """What the export does not say, or no column takes."""
    settings: Mapping[str, str]
    """The settings that such files need, as in ``.env``."""
    maps: Mapping[str, SourceMap]


def preset_names() -> list[str]:
    """The names of all presets."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


@cache
def preset(name: str) -> Preset:
    """The preset of a name that there is."""
    said: Mapping[str, Any] = map_document(FOLDER / f"{name}.yml").sources
    return Preset(
        name,
        said["description"],
        tuple(said["documentation"]),
        tuple(said["lost"]),
        said.get("settings", {}),
        source_maps(said["maps"]),
    )


def preset_sources(name: str, at: str) -> Mapping[str, SourceMap]:
    """A preset's map of each of its sources. Raises :class:`FieldMapRejected` if there is no such preset."""
    if name not in preset_names():
        raise FieldMapRejected(f"{at} has the preset {name!r}: {nearest(name, preset_names())}.")
    return preset(name).maps


def preset_map(name: str, source: str, at: str) -> SourceMap:
    """A preset's map of a source. Raises :class:`FieldMapRejected`, whose message begins with the place."""
    maps = preset_sources(name, at)
    if source not in maps:
        raise FieldMapRejected(
            f"{at} has the preset {name!r} for {source}, but it is for {' and '.join(maps)}: choose one of "
            f"{', '.join(each for each in preset_names() if source in preset(each).maps) or 'none'}."
        )
    return maps[source]
