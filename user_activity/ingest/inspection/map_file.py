"""Writing a proposed map into a field-map file; other sources' maps and comments stay as they are."""

from pathlib import Path
from typing import Any

import yaml

from user_activity.files import write_texts
from user_activity.ingest.validation.field_maps import FieldMapRejected, field_maps
from user_activity.settings import Settings

DEFAULT = "field-maps.yml"


class MapNotWritten(Exception):
    """The file has a map of the source already, or cannot be extended; the message says what to do."""


def block(source: str, field_map: dict[str, Any]) -> str:
    """A source's map as YAML, a line for each column."""
    lines = (f"  {column}: {_flow(origin)}\n" for column, origin in field_map.items())
    return f"{source}:\n{''.join(lines)}"


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6)
    return str(text).removesuffix("...\n").strip()


def write(path: Path, source: str, field_map: dict[str, Any], settings: Settings, *, force: bool) -> None:
    """Add the map of a source to the file, or with ``force`` replace it. Raises :class:`MapNotWritten`."""
    if path.suffix.lower() == ".toml":
        raise MapNotWritten(f"{path} is TOML: add the map to it yourself, or name a YAML file.")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    here = settings.model_copy(update={"field_maps": {}, "field_maps_file": path})
    others = dict(field_maps(here)) if before else {}
    if source in others and not force:
        raise MapNotWritten(f"{path} has a map of {source} already: replace it with --force, or edit it.")
    text = _without(before, source)
    text += "\n" if text and not text.endswith("\n") else ""
    write_texts({path: text + block(source, field_map)})
    try:
        after = dict(field_maps(here))
        is_right = {name: each for name, each in after.items() if name != source} == {
            name: each for name, each in others.items() if name != source
        }
    except FieldMapRejected:
        is_right = False
    if not is_right:
        write_texts({path: before})
        raise MapNotWritten(f"{path} is written in a style that cannot be extended: add the map to it yourself.")


def _without(text: str, source: str) -> str:
    """The text without the lines of a source."""
    document = yaml.compose(text, Loader=yaml.SafeLoader) if text else None
    if not isinstance(document, yaml.MappingNode):
        return text
    lines = text.splitlines(keepends=True)
    for key, value in document.value:
        if key.value == source:
            end = value.end_mark.line if isinstance(value, yaml.CollectionNode) and not value.flow_style else None
            end = value.end_mark.line + 1 if end is None else end
            return "".join(lines[: key.start_mark.line] + lines[end:])
    return text
