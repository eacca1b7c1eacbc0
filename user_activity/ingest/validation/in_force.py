"""A source and the settings as its map changes them: ids that are made of columns, and names that stand for others."""

from dataclasses import replace

from user_activity.ingest.validation.field_maps import FIELD, field_map
from user_activity.settings import Settings
from user_activity.sources import Source
from user_activity.sources.contracts.values import quoted


def in_force(source: Source, settings: Settings) -> Source:
    """The source with what its map says of a record's identity."""
    identity = field_map(settings, source.name).identity
    return replace(source, derive_key=True, derived_from=tuple(map(_sql, identity))) if identity else source


def _sql(name: str) -> str:
    """A column, or a field that no column takes, over typed columns ``v``."""
    field = name.removeprefix(FIELD)
    if field == name:
        return f"v.{name}"
    pointer = f"/{field.replace('~', '~0').replace('/', '~1')}"
    return f"json_extract_string(v._properties, {quoted(pointer)})"


def accepting(settings: Settings, source: str) -> Settings:
    """The settings with the names that others stand for in a source's map among those that are accepted."""
    said = field_map(settings, source)
    lists = {"event_types": said.roles, "order_statuses": said.statuses}
    changed = {name: tuple(dict.fromkeys((*getattr(settings, name), *meant))) for name, meant in lists.items() if meant}
    return settings.model_copy(update=changed)
