"""Reference files: tables that are maintained by hand and named by a setting, like funnels and exchange rates."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from user_activity.ingest.validation.in_force import accepting
from user_activity.settings import Settings

Day = date  # an alias, because a field named `date` would hide the type
WEEK_SECONDS = 7 * 24 * 3600


class ReferenceRejected(ValueError):
    """A reference file breaks a rule; the message names the file, the row, the rule and what to do."""


class _Row(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid")


class FunnelStep(_Row):
    """One event type of one step. Rows with the same funnel and step are alternative event types for the step."""

    funnel: Annotated[str, Field(min_length=1)]
    step: Annotated[int, Field(ge=1)]
    event_type: Annotated[str, Field(min_length=1)]
    window_seconds: Annotated[int, Field(ge=1)] = WEEK_SECONDS


class Rate(_Row):
    """The value of one unit of a currency in the reporting currency, from a date until the currency's next rate."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    rate_date: date
    rate: Annotated[Decimal, Field(gt=0, max_digits=28, decimal_places=12)]


class Holiday(_Row):
    """A date and the name of its holiday."""

    date: Day
    name: Annotated[str, Field(min_length=1)]


Kept = TypeVar("Kept", bound=_Row)


@dataclass(frozen=True)
class Reference:
    """A warehouse table with the content of a reference file: its columns with SQL types, and its rows."""

    relation: str
    columns: Mapping[str, str]
    rows: Sequence[tuple[Any, ...]]


def references(settings: Settings) -> list[Reference]:
    """All reference tables; a table whose file is not set has no rows. Raises :class:`ReferenceRejected`."""
    steps = list(_read(settings.funnels_file, FunnelStep, ("funnel", "step", "event_type")))
    _check_funnels(settings, steps)
    return [
        Reference(
            "audit.funnels_file",
            {"funnel": "varchar", "step": "integer", "event_type": "varchar", "window_seconds": "bigint"},
            [(row.funnel, row.step, row.event_type, row.window_seconds) for _, row in steps],
        ),
        Reference(
            "audit.holidays_file",
            {"holiday_date": "date", "holiday_name": "varchar"},
            [(row.date, row.name) for _, row in _read(settings.holidays_file, Holiday, ("date",))],
        ),
        Reference(
            "audit.rates_file",
            {"currency": "varchar", "rate_date": "date", "rate": "numeric(28, 12)"},
            [
                (row.currency, row.rate_date, row.rate)
                for _, row in _read(settings.rates_file, Rate, ("currency", "rate_date"))
            ],
        ),
    ]


def _read(path: Path | None, kind: type[Kept], key: tuple[str, ...]) -> Iterator[tuple[int, Kept]]:
    """The validated rows of a CSV file, numbered from 1 below its header."""
    if path is None:
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ReferenceRejected(f"{path}: it is not in UTF-8. Save it so and run again.") from None
    seen: dict[tuple[Any, ...], int] = {}
    with StringIO(text, newline="") as lines:
        for number, record in enumerate(csv.DictReader(lines, restkey="(more columns than the heading)"), start=1):
            try:
                row = kind.model_validate({name: value for name, value in record.items() if value not in ("", None)})
            except ValidationError as error:
                rules = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
                raise _rejected(path, number, rules) from None
            named = tuple(getattr(row, column) for column in key)
            if named in seen:
                raise _rejected(path, number, f"row {seen[named]} has the same {', '.join(key)}")
            seen[named] = number
            yield number, row


def _check_funnels(settings: Settings, steps: Sequence[tuple[int, FunnelStep]]) -> None:
    path = settings.funnels_file
    if path is None:
        return
    if not steps:
        raise ReferenceRejected(f"{path}: it has no rows. Add one row per step, or remove the setting FUNNELS_FILE.")
    funnels: dict[str, list[tuple[int, FunnelStep]]] = defaultdict(list)
    accepted = accepting(settings, "events").event_types
    for number, row in steps:
        if row.event_type not in accepted and "*" not in accepted:
            raise _rejected(
                path, number, f"event_type: {row.event_type!r} is not in the catalogue (setting EVENT_TYPES)"
            )
        funnels[row.funnel].append((number, row))
    for name, rows in funnels.items():
        first_number, first = rows[0]
        for number, row in rows:
            if row.window_seconds != first.window_seconds:
                rule = f"window_seconds: {row.window_seconds} is not that of row {first_number} of the same funnel"
                raise _rejected(path, number, rule)
        missing = set(range(1, max(row.step for _, row in rows) + 1)) - {row.step for _, row in rows}
        if missing:
            raise _rejected(path, rows[-1][0], f"step: the funnel {name!r} has no step {min(missing)}")


def _rejected(path: Path, number: int, rule: str) -> ReferenceRejected:
    return ReferenceRejected(f"{path}, row {number}: {rule}. Correct the file and run again.")
