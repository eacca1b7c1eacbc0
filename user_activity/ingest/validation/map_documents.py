"""The field-map file as plain values, with the place of each in the file."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from user_activity.source_maps import Place


class FieldMapRejected(ValueError):
    """A map names a source or column that does not exist, or says something that no map can say.

    The message has the place, and the most similar name.
    """


@dataclass(frozen=True)
class MapDocument:
    """What a file says: source, then what its map says, as plain values."""

    path: Path
    sources: dict[str, Any]
    root: yaml.Node | None = None
    """The same as YAML; None if it is TOML, or empty."""

    def at(self, place: Place) -> str:
        """Where a name stands: the file and, of YAML, the line."""
        return _at(self.path, self.root and _nodes(self.root, place)[0])

    def at_value(self, place: Place) -> str:
        """Where what is said of a name begins."""
        return _at(self.path, self.root and _nodes(self.root, place)[1])


def map_document(path: Path) -> MapDocument:
    """The content of a file. Raises :class:`FieldMapRejected` if it cannot be read, or is not what its name says."""
    try:
        status = path.stat()
        return _read(path, (status.st_mtime_ns, status.st_size, status.st_ino))
    except OSError as error:
        raise FieldMapRejected(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise FieldMapRejected(f"{path} is not UTF-8: save it as such.") from None


@lru_cache(maxsize=8)
def _read(path: Path, version: tuple[int, ...]) -> MapDocument:  # noqa: ARG001 - part of the cache key
    return (_toml if path.suffix.lower() == ".toml" else _yaml)(path, path.read_text(encoding="utf-8"))


def _toml(path: Path, text: str) -> MapDocument:
    try:
        return MapDocument(path, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise FieldMapRejected(f"{path} is not TOML: {error}.") from None


def _yaml(path: Path, text: str) -> MapDocument:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        sources = None if root is None else _value(path, root)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise FieldMapRejected(f"{path}, line {line}: is not YAML: {getattr(error, 'problem', error)}.") from None
    if sources is not None and not isinstance(sources, dict):
        raise FieldMapRejected(f"{_at(path, root)} must name each source with its columns, like `name: value`.")
    return MapDocument(path, sources or {}, root)


def _at(path: Path, node: yaml.Node | None) -> str:
    return f"{path}, line {node.start_mark.line + 1}" if node else str(path)


def _nodes(node: yaml.Node, place: Place) -> tuple[yaml.Node, yaml.Node]:
    """The innermost name on the way to a place, and its value; a short form leaves out the word ``columns``."""
    name = node
    for part in place:
        if isinstance(node, yaml.MappingNode):
            name, node = next((pair for pair in node.value if pair[0].value == part), (name, node))
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            name = node = node.value[part]
    return name, node


def _value(path: Path, node: yaml.Node, *, replaces: bool = False) -> Any:
    """The value of a node. Names and replaced values are texts, also where YAML sees a number, a date or a flag.

    Only for a value that ``replaces`` another one, null is none.
    """
    if isinstance(node, yaml.SequenceNode):
        return [_value(path, item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, item in node.value:
            if key.value in found:
                raise FieldMapRejected(f"{_at(path, key)} has {key.value!r} a second time: put both together.")
            constant = key.value == "const"
            found[key.value] = (
                yaml.SafeLoader("").construct_object(item, deep=True)
                if constant
                else _value(path, item, replaces=key.value == "values" or replaces)
            )
        return found
    if replaces and node.tag == "tag:yaml.org,2002:null":
        return None
    return node.value or (None if node.tag == "tag:yaml.org,2002:null" else "")
