"""The maps of all sources: presets, then those of a file, then those of the setting; each overrides word by word."""

from collections.abc import Callable, Iterable, Mapping

from user_activity.ingest.validation.map_documents import FieldMapRejected, map_document
from user_activity.ingest.validation.presets import preset_map
from user_activity.setting_types import EVENT_TYPES, ORDER_STATUSES, folded
from user_activity.settings import Settings
from user_activity.source_maps import SECTIONS, Mistake, Place, SourceMap, columns_named, nearest, source_map
from user_activity.sources import SOURCES

__all__ = ["FieldMapRejected", "field_map", "field_maps"]

FIELD = "properties."
"""How the name of a field begins that no column takes."""
_SETTING = "USER_ACTIVITY_FIELD_MAPS"
_MEANT = {"roles": ("event_type", "event type", EVENT_TYPES), "statuses": ("status", "order status", ORDER_STATUSES)}
"""Section of a map, then the column that it is of, what that has, and the names that the models know."""


def field_maps(settings: Settings) -> Mapping[str, SourceMap]:
    """The map of each source. Raises :class:`FieldMapRejected`; the settings cannot check names themselves."""
    found: dict[str, SourceMap] = {}
    for source, given in settings.field_maps.items():
        _check(source, given.columns, lambda place: _SETTING)
        _check_meanings(source, given, lambda place: _SETTING)
        found[source] = _with_preset(source, given, _SETTING)
    if settings.field_maps_file is None:
        return found
    document = map_document(settings.field_maps_file)
    for source, value in document.sources.items():
        _check(source, columns_named(value), document.at)
        try:
            written = source_map(source, value)
        except Mistake as mistake:
            raise FieldMapRejected(f"{document.at_value((source, *mistake.place))}: {mistake}.") from None
        _check_meanings(source, written, document.at)
        over = settings.field_maps.get(source, SourceMap())
        at = _SETTING if over.preset else document.at((source, "preset"))
        found[source] = _with_preset(source, written.overridden(over), at)
    return found


def field_map(settings: Settings, source: str) -> SourceMap:
    """The map of one source; one that says nothing if there is none."""
    return field_maps(settings).get(source) or SourceMap()


def _with_preset(source: str, said: SourceMap, at: str) -> SourceMap:
    """The map with what its preset says put under it. To do so twice changes nothing."""
    return said if said.preset is None else preset_map(said.preset, source, at).overridden(said)


def _check(source: str, names: Iterable[str], at: Callable[[Place], str]) -> None:
    """Raise :class:`FieldMapRejected` if there is no such source, or it has no such column."""
    if source not in SOURCES:
        raise FieldMapRejected(f"{at((source,))} names the source {source!r}: {nearest(source, SOURCES)}.")
    columns = SOURCES[source].columns
    if unknown := next((name for name in names if name not in columns), None):
        raise FieldMapRejected(
            f"{at((source, 'columns', unknown))} maps the column {unknown!r} of {source}: "
            f"{nearest(unknown, [*columns, *SECTIONS])}; a map goes from our column to your field."
        )


def _check_meanings(source: str, said: SourceMap, at: Callable[[Place], str]) -> None:
    """Raise :class:`FieldMapRejected` if an id is made of no column, or a name stands for none that we know."""
    columns, (key, *others) = SOURCES[source].columns, SOURCES[source].columns
    for number, name in enumerate(said.identity):
        if name not in others and not name.removeprefix(FIELD) != name:
            raise FieldMapRejected(
                f"{at((source, 'identity', number))} makes {key} of {name!r}: {nearest(name, others)}; "
                f"a field that no column takes is {FIELD}<its name>."
            )
    for section, (column, what, known) in _MEANT.items():
        stands_for: dict[str, str] = {}
        for ours, names in getattr(said, section).items():
            place = at((source, section, ours))
            if column not in columns:
                raise FieldMapRejected(f"{place} has {section} in {source}, whose records have no {what}.")
            if ours not in known:
                raise FieldMapRejected(f"{place} has {ours!r} in {section}: {nearest(ours, known)}.")
            if twice := next((name for name in names if stands_for.setdefault(folded(name), ours) != ours), None):
                raise FieldMapRejected(
                    f"{place} says that {twice!r} is {ours}, but it is {stands_for[folded(twice)]} already: "
                    "keep one of them."
                )
