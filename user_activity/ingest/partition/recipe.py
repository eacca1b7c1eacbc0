"""What determines the rows of a file besides its content, as a digest that manifests and parts keep."""

import hashlib

from user_activity.ingest.validation.field_mapping import picks
from user_activity.ingest.validation.field_maps import field_map
from user_activity.ingest.validation.in_force import accepting, in_force
from user_activity.settings import Settings
from user_activity.sources import Source

VERSION = 4
"""Increase it when the code produces other rows from the same files, so that all files are read again."""

MIXED = "mixed"
"""The recipe of a manifest if some of its files could not be read again: they are tried again, as it equals none."""


def recipe(source: Source, settings: Settings) -> str:
    """A digest of everything, besides the file itself, that determines a file's rows."""
    settings, derived_from = accepting(settings, source.name), in_force(source, settings).derived_from
    rules = tuple(rule(settings) for rule in source.rules)
    parts: list[object] = [VERSION, settings.max_line_bytes, sorted(picks(source, settings).items()), rules]
    parts += [field_map(settings, source.name).file]
    parts += [(name, kind.sql("x", settings)) for name, kind in source.kinds.items()]
    parts += [(name, fill.sql(settings)) for name, fill in source.fills.items()]
    parts += [derived_from] if derived_from else []
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]
