"""How far a source is extracted: the value to continue from, and the rows that must not land again.

The position only says where to read on. It is written after a file has landed, atomically. If it is lost or old, rows
are read and delivered again, and the platform counts them as duplicates.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from user_activity.files import write_texts
from user_activity.ingest.landing.configured_databases import ExtractFailed
from user_activity.settings import Settings

MOST_SEEN = 100_000
"""The rows (the last ones read) that are recognised if they are read again; rows before them are delivered again."""
_HOUR, _DAY, _NUMBERS = timedelta(hours=1), timedelta(days=1), 1000
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:$|([ T]))")
_READERS: dict[str, Callable[[str], Any]] = {
    "time": datetime.fromisoformat, "date": date.fromisoformat, "integer": int, "decimal": Decimal, "number": float,
    "text": str,
}  # fmt: skip


@dataclass(frozen=True)
class Position:
    """The state of a source's extract; ``whole`` says that an extract of all rows is not finished yet."""

    of: str
    """A digest of what is read: where that changes, the extract begins anew."""
    value: Any = None
    seen: tuple[str, ...] = ()
    whole: bool = False


def read_position(settings: Settings, source: str, of: str) -> Position:
    """The source's position; the beginning, if there is none, if it is damaged, or if something else is read now."""
    try:
        found = json.loads(_path(settings, source).read_text(encoding="utf-8"))
        kind, text = found["value"] or ("", "")
        value = _READERS[kind](text) if kind else None
        position = Position(found["of"], value, tuple(map(str, found["seen"])), found["whole"] is True)
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError):
        return Position(of)
    return position if position.of == of else Position(of)


def write_position(settings: Settings, source: str, position: Position) -> None:
    """Replace the source's position."""
    value = position.value
    written = None if value is None else [_kind(value), value.isoformat() if isinstance(value, date) else str(value)]
    state = {"of": position.of, "value": written, "whole": position.whole, "seen": position.seen}
    write_texts({_path(settings, source): json.dumps(state) + "\n"})


def last(seen: Iterable[str]) -> tuple[str, ...]:
    """The rows to recognise, without those read so long ago that there is no place for them."""
    return tuple(deque(seen, MOST_SEEN))


def extracts_folder(settings: Settings) -> Path:
    """The folder of all positions, and of what an extract at work writes."""
    return settings.data_dir / "extracts"


def lock_path(settings: Settings, source: str) -> Path:
    """The lock of a source's extract."""
    return extracts_folder(settings) / f"{source}.lock"


def _path(settings: Settings, source: str) -> Path:
    return extracts_folder(settings) / f"{source}.json"


def _kind(value: Any) -> str:
    kinds = {datetime: "time", date: "date", int: "integer", Decimal: "decimal", float: "number"}
    return kinds.get(type(value), "text")


def can_be_a_position(value: Any) -> bool:
    """Whether reading can go on from this value of the cursor: one in the future would hide the rows until then."""
    moment = _moment(value)
    if isinstance(moment, datetime):
        return moment <= (datetime.now(UTC) if moment.tzinfo else _now())
    if isinstance(moment, date):
        return moment <= _now().date()
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return isinstance(value, str) or (is_number and isfinite(value))


def begin_of(value: Any, overlap: timedelta | int | None, source: str) -> Any:
    """The value to read from: the position minus the overlap."""
    moment = _moment(value)
    is_number = isinstance(value, int | float | Decimal)
    if overlap is not None and is_number == isinstance(overlap, timedelta):
        raise ExtractFailed(
            f"{source}: the overlap does not fit the cursor, whose values are like {value}: "
            f"set one that is {'a number' if is_number else 'a time'}."
        )
    span = overlap if isinstance(overlap, timedelta) else None
    try:
        if is_number:
            return value - type(value)(_NUMBERS if overlap is None else overlap)
        if isinstance(moment, datetime):
            earlier = moment - (_HOUR if span is None else span)
            return earlier.isoformat(" ", "seconds")[:19] if isinstance(value, str) else earlier
        if isinstance(moment, date):
            day = moment - max(_DAY, span or _DAY)
            return day.isoformat() if isinstance(value, str) else day
    except OverflowError:
        return None
    return value


def _moment(value: Any) -> date | None:
    """The time or date that a value is or, as text, says."""
    if isinstance(value, str):
        found = _TIME.match(value)
        try:
            return (datetime if found[1] else date).fromisoformat(value) if found else None
        except ValueError:
            return None
    return value if isinstance(value, date) else None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
