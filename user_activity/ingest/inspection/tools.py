"""Which public tool a file comes from: the preset whose fields it has."""

from collections.abc import Mapping

from user_activity.ingest.inspection.fields import Field, field_at
from user_activity.ingest.validation.presets import Preset, preset, preset_names
from user_activity.sources import SOURCES

_ENOUGH = 3


def preset_that_fits(fields: Mapping[str, Field]) -> str | None:
    """The preset of which the file has the most fields that only a map can name.

    None if it lacks a column that every record needs, or has fewer than three such columns, or fewer than half of them.
    """
    counts = {name: _columns_given(preset(name), fields) for name in preset_names()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] >= _ENOUGH else None


def _columns_given(given: Preset, fields: Mapping[str, Field]) -> int:
    found = 0
    for name, said in given.maps.items():
        source = SOURCES[name]
        here = {
            column for column, origin in said.columns.items() if any(field_at(fields, each) for each in origin.used)
        }
        own = {column: {column, *names} for column, names in source.spellings.items()}
        told = {column for column, origin in said.columns.items() if {*origin.used} - own[column]}
        if {*source.required} <= here and 2 * len(told & here) >= len(told):
            found = max(found, len(told & here))
    return found
