"""What a field map says of one source: how its files are read, and where its columns come from."""

import encodings.aliases
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from user_activity.origins import FieldMap
from user_activity.setting_types import folded

BLANKS = "blanks"
"""The separator of files whose columns are separated by any run of spaces and tabs."""
_WORDS = {"tab": "\t", BLANKS: BLANKS}
_NO_SEPARATORS = '"\n\r\0\x1e\x1f'


def nearest(name: str, names: Iterable[str]) -> str:
    """The most similar of several names, and all of them, as the end of a sentence."""
    (found,) = get_close_matches(name, names, n=1, cutoff=0)
    return f"the nearest is {found!r}, all are {', '.join(names)}"


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        known = sorted({each.replace("_", "-") for each in {*encodings.aliases.aliases.values(), "latin_1", "utf_8"}})
        close = get_close_matches(name.lower(), known, n=1, cutoff=0)
        raise ValueError(f"is {name!r}, which is no encoding: the nearest is {close[0]!r}") from None
    return name


def _separator(text: str) -> str:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if len(text) == 1 and text not in _NO_SEPARATORS:
        return text
    close = get_close_matches(text.lower(), _WORDS, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    raise ValueError(f"is {text!r}: must be one character, tab, or blanks for any run of spaces and tabs{hint}")


def _header(given: Any) -> Any:
    """Names, or False; a YAML file's flag is a text here."""
    if given is False or (isinstance(given, str) and given.lower() in ("false", "no", "none")):
        return False
    if not isinstance(given, list | tuple) or not given:
        raise ValueError("must be a list of column names for files without a header, or false for c1, c2, …")
    if twice := next((name for name in given if given.count(name) > 1), None):
        raise ValueError(f"names the column {twice!r} twice")
    return tuple(map(str, given))


def _prefix(text: str) -> str:
    if not text.strip() or "\n" in text or "\r" in text:
        raise ValueError(f"is {text!r}: must be what the lines to skip begin with, like #")
    return text


def _path(text: str) -> str:
    if not all(name.strip() for name in text.split(".")):
        raise ValueError(f"is {text!r}: must be the names on the path to the list of records, like data.orders")
    return text


class FileFormat(BaseModel):
    """How the files of a source are read. What is not said is recognised by each file's content."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    """The encoding of text files that do not begin with the mark of one."""
    separator: Annotated[str, AfterValidator(_separator)] | None = None
    """What separates columns: a character, or ``BLANKS``."""
    comment: Annotated[str, AfterValidator(_prefix)] | None = None
    """How lines begin that are no records, wherever they stand."""
    header: Annotated[tuple[str, ...] | Literal[False], BeforeValidator(_header)] | None = None
    """The column names of files that have none; False: they are named ``c1``, ``c2``, …"""
    records: Annotated[str, AfterValidator(_path)] | None = None
    """The names on the path to the list of records in a ``.json`` file, with dots between them."""
    decimal: Literal[",", "."] | None = None
    """The decimal mark of numbers that may also group their thousands; unset: a point, and no groups."""


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class SourceMap(BaseModel):
    """What is said of one source. The short form has the origins of columns beside the sections, not under a name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    preset: str | None = None
    """The ready-made map that this one is put over."""
    file: FileFormat = FileFormat()
    identity: Names = ()
    """The columns that make a record's id where it has none; ``properties.<name>`` is a field that no column takes."""
    roles: dict[str, Names] = {}
    """Our event types, and the names that stand for each."""
    statuses: dict[str, Names] = {}
    """The same of order statuses."""
    columns: FieldMap = {}
    """The origin of each column."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: Any) -> Any:
        if isinstance(given, cls):
            return given
        if not isinstance(given, Mapping):
            raise ValueError("must name each column with its origin, like `name: value`")
        sections = {name: value for name, value in given.items() if name in cls.model_fields and value is not None}
        columns = sections.get("columns", {})
        if not isinstance(columns, Mapping):
            raise ValueError("must name each column with its origin under columns, like `name: value`")
        beside = {name: given[name] for name in given if name not in cls.model_fields}
        if twice := next((name for name in beside if name in columns), None):
            raise ValueError(f"maps the column {twice!r} beside columns and under it: keep one of them")
        return sections | {"columns": {**beside, **columns}}

    def overridden(self, other: "SourceMap") -> "SourceMap":
        """The same with what another one says put over it: word by word, and column by column."""
        file = self.file.model_copy(update={name: getattr(other.file, name) for name in other.file.model_fields_set})
        return SourceMap(
            preset=other.preset or self.preset,
            file=file,
            identity=other.identity or self.identity,
            roles={**self.roles, **other.roles},
            statuses={**self.statuses, **other.statuses},
            columns={**self.columns, **other.columns},
        )

    @property
    def meanings(self) -> dict[str, dict[str, str]]:
        """Column, then the name that stands for another one, folded, then that one."""
        lists = {"event_type": self.roles, "status": self.statuses}
        return {
            column: {folded(name): ours for ours, names in meant.items() for name in names}
            for column, meant in lists.items()
            if meant
        }


SECTIONS = tuple(SourceMap.model_fields)
"""The words of a source's map that are no columns."""


def columns_named(given: Any) -> list[str]:
    """The names of columns in a map of plain values, whether or not it is right otherwise."""
    if not isinstance(given, Mapping):
        return []
    under = given.get("columns")
    return [*(name for name in given if name not in SECTIONS), *(under if isinstance(under, Mapping) else ())]


Place = tuple[int | str, ...]
"""The names on the way to a part of a map."""


class Mistake(ValueError):
    """What is wrong with a source's map, as one sentence without its end, and where."""

    def __init__(self, place: Place, sentence: str) -> None:
        super().__init__(sentence)
        self.place = place


def source_map(source: str, given: Any) -> SourceMap:
    """The map of a source from plain values. Raises :class:`Mistake`; names of columns are not checked."""
    try:
        return SourceMap.model_validate({} if given is None else given)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_context=False)[0]
        place: Place = reason["loc"]
        named, rest = (place[1:2], place[2:]) if place[:1] == ("columns",) else (place, ())
        if reason["type"] == "extra_forbidden":
            named, sentence = place[:-1], f"has {place[-1]!r}: {nearest(str(place[-1]), FileFormat.model_fields)}"
        elif reason["type"] in ("model_type", "dict_type"):
            sentence = "must be names with their values, like `name: value`"
        else:
            sentence = reason["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        where = f" ({'.'.join(map(str, rest))})" if rest else ""
        raise Mistake(place, f"{'.'.join(map(str, (source, *named)))}{where} {sentence}") from None


def source_maps(given: Any) -> Any:
    """The map of each source from plain values."""
    if not isinstance(given, Mapping):
        raise ValueError("must be an object that names each source with its columns")
    return {source: source_map(source, value) for source, value in given.items()}


SourceMaps = Annotated[dict[str, SourceMap], BeforeValidator(source_maps)]
