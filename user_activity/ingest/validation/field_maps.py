"""The field maps of all sources: those of a YAML file, and those of the setting, which override it column by column."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from user_activity.origins import FieldMap, Origin
from user_activity.settings import Settings
from user_activity.sources import SOURCES

_SETTING = "USER_ACTIVITY_FIELD_MAPS"


class FieldMapRejected(ValueError):
    """A map names a source or column that does not exist, or says something that no map can say.

    The message has the place, and the most similar name.
    """


def field_maps(settings: Settings) -> Mapping[str, FieldMap]:
    """The map of each source. Raises :class:`FieldMapRejected`; the settings cannot check names themselves."""
    for source, field_map in settings.field_maps.items():
        _check_source(_SETTING, source)
        for column in field_map:
            _check_column(_SETTING, source, column)
    path = settings.field_maps_file
    if path is None:
        return settings.field_maps
    try:
        status = path.stat()
        written = _written(path, (status.st_mtime_ns, status.st_size, status.st_ino))
    except OSError as error:
        raise FieldMapRejected(f"{path} cannot be read: {error.strerror}.") from None
    sources = {*written, *settings.field_maps}
    return {source: {**written.get(source, {}), **settings.field_maps.get(source, {})} for source in sources}


def _check_source(place: str, source: str) -> None:
    if source not in SOURCES:
        raise FieldMapRejected(f"{place} names the source {source!r}: {_nearest(source, SOURCES)}.")


def _check_column(place: str, source: str, column: str) -> None:
    columns = SOURCES[source].columns
    if column not in columns:
        raise FieldMapRejected(
            f"{place} maps the column {column!r} of {source}: {_nearest(column, columns)}; "
            "a map goes from our column to your field."
        )


def _nearest(name: str, names: Iterable[str]) -> str:
    (nearest,) = get_close_matches(name, names, n=1, cutoff=0)
    return f"the nearest is {nearest!r}, all are {', '.join(names)}"


@lru_cache(maxsize=8)
def _written(path: Path, version: tuple[int, ...]) -> dict[str, FieldMap]:  # noqa: ARG001 - part of the cache key
    try:
        document = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        raise FieldMapRejected(f"{path} is not UTF-8: save it as such.") from None
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise FieldMapRejected(f"{path}, line {line}: is not YAML: {getattr(error, 'problem', error)}.") from None
    found: dict[str, FieldMap] = {}
    for source, columns in _members(path, document, "each source with its columns"):
        place = _place(path, source)
        _check_source(place, source.value)
        if source.value in found:
            raise FieldMapRejected(f"{place} has the source {source.value} a second time: put its columns together.")
        found[source.value] = field_map = {}
        for column, value in _members(path, columns, "each column with its origin"):
            place = _place(path, column)
            _check_column(place, source.value, column.value)
            if column.value in field_map:
                raise FieldMapRejected(f"{place} maps the column {column.value!r} of {source.value} a second time.")
            field_map[column.value] = _origin(_place(path, value), f"{source.value}.{column.value}", value)
    return found


def _members(path: Path, node: Any, wanted: str) -> list[tuple[Any, Any]]:
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return []
    if not isinstance(node, yaml.MappingNode):
        raise FieldMapRejected(f"{_place(path, node)} must name {wanted}, like `name: value`.")
    return list(node.value)


def _place(path: Path, node: Any) -> str:
    return f"{path}, line {node.start_mark.line + 1}"


def _origin(place: str, column: str, node: Any) -> Origin:
    try:
        return Origin.model_validate(_value(node))
    except ValidationError as error:
        reason = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in reason["loc"])
        sentence = reason["msg"].removeprefix("Value error, ")
        raise FieldMapRejected(f"{place}: {column} {f'({where}) ' if where else ''}{sentence}.") from None
    except yaml.YAMLError as error:
        raise FieldMapRejected(f"{place}: {column} is not a value: {error}.") from None


def _value(node: Any) -> Any:
    """The value of a node. Names and replaced values are texts, also where YAML sees a number, a date or a flag."""
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {
            key.value: yaml.SafeLoader("").construct_object(item, deep=True) if key.value == "const" else _value(item)
            for key, item in node.value
        }
    return node.value
