"""The names by which a source's columns are known in files: as they are, or written another way."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from user_activity.ingest.lake import corrections
from user_activity.ingest.validation.conversions import root
from user_activity.ingest.validation.field_mapping import REPAIRED, Pick, picks
from user_activity.setting_types import folded
from user_activity.settings import Settings
from user_activity.sources import Source

_VALUE = re.compile(
    r"""
    [-+]?[^\w\s]?\d[\d.,'\s]*[^\w\s]?       # a number, an amount
    | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?!\d).*   # a date, with or without a time
    | \d{8}T\d{4,}.*                       # the same without punctuation
    | .*\b\d{1,2}:\d{2}\b.*                # a time
    | true | false | null
    | [^@\s]+@[^@\s]+\.\w+                 # an e-mail address
    | \w+://.* | /.* | [\[{].*              # an address, a path, JSON
    | [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""What is a value, and not the name of a column."""


def respelled(chosen: Mapping[str, Pick], names: Sequence[str]) -> dict[str, Pick]:
    """The picks in the spelling of these fields.

    A field that has a column's name as it is wins: another one that only differs in writing belongs to no column then.
    Of several that differ from each other in writing alone, the first counts.
    """
    given = set(names)
    exact = {part for pick in chosen.values() for path in pick.names for part in (path, root(path))} & given
    taken = {folded(name) for name in exact}
    others = {folded(name): name for name in reversed(names) if name not in exact}
    others = {fold: name for fold, name in others.items() if fold not in taken}

    def as_written(path: str) -> str:
        parent = root(path)
        return others.get(folded(path)) or others.get(folded(parent), parent) + path.removeprefix(parent)

    return {
        column: pick if column == REPAIRED or given & set(pick.names)
        else replace(pick, names=tuple(dict.fromkeys(map(as_written, pick.names))))
        for column, pick in chosen.items()
    }  # fmt: skip


class KnownNames:
    """The names that the columns of a source have in files, by its spellings and its field map."""

    def __init__(self, source: Source, settings: Settings) -> None:
        chosen = picks(source, settings)
        self._exact = {name: column for column, pick in chosen.items() for name in pick.names}
        self._required = {column for column in source.required if chosen[column].constant is None}
        self._columns: dict[str, set[str]] = {folded(corrections.FIELD): set()}
        for column, pick in chosen.items():
            for path in pick.names:
                for name in (path, root(path)):
                    self._columns.setdefault(folded(name), set()).add(column)

    def is_known(self, name: str) -> bool:
        """Whether a column has this name, or one that is only written another way."""
        return folded(name) in self._columns

    def value_among(self, names: Sequence[str]) -> str | None:
        """The value that shows that these are not the names of columns but a record; None if they are names.

        Names that no column knows are still names, unless they look like numbers, times or addresses.
        """
        known = [name for name in names if self.is_known(name)]
        values = [name for name in names if _VALUE.fullmatch(name)]
        if not known:
            values += [name for name, times in Counter(names).items() if times > 1]
        named = set[str]().union(*(self._columns[folded(name)] for name in known))
        is_complete = self._required <= named
        return None if is_complete or len(known) > len(values) else next(iter(values), None)

    def wraps(self, members: Mapping[str, object], keys: set[str]) -> bool:
        """Whether an object with these members only surrounds a list of records with these keys.

        It does if it names no column but those that the records name as well: leaving it out loses nothing. A number
        under the name of an optional column (``total``, ``page``) counts the records.
        """
        inside = set[str]().union(*(self._columns.get(folded(key), ()) for key in keys))
        outside = {
            column
            for name, value in members.items()
            if (column := self._exact.get(name)) and (column in self._required or isinstance(value, str | list | dict))
        }
        return outside < inside and bool(inside & self._required)


def repeated(names: Sequence[str], records: Sequence[Sequence[str]]) -> str | None:
    """The first name that a record has as its value at the same place."""
    pairs = (pair for record in records for pair in zip(names, record, strict=False))
    return next((name for name, value in pairs if name == value.strip()), None)
