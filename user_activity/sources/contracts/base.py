"""What a source is: a pydantic contract, and the few facts about it that files, partitions and models need."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from user_activity.settings import Settings
from user_activity.sources.contracts.values import Judge, Value

FORMATS = (".json", ".jsonl", ".ndjson", ".csv", ".parquet")
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Fill:
    """What a column takes when it was not given, in Python and in SQL (over typed columns ``v``)."""

    value: Callable[[dict[str, Any], Judge], Any]
    sql: Callable[[Settings], str]


class Contract(BaseModel):
    """One record: text in, typed values out. Blank text is missing text; fields no column names are ignored.

    Validated with a ``Judge`` as context: ``contract.model_validate({"user_id": "u1"}, context=judge)``.
    """

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, record: Any) -> Any:
        texts = ((name, str(value).strip()) for name, value in record.items() if value is not None)
        return {name: text for name, text in texts if text}

    @model_validator(mode="after")
    def _fill(self, info: ValidationInfo) -> "Contract":
        if not isinstance(info.context, Judge):
            raise TypeError("a record is validated with a Judge as context")
        for name, fill in fills(type(self)).items():
            if getattr(self, name) is None:
                setattr(self, name, fill.value(self.__dict__, info.context))
        return self


def column(description: str, *names: str, optional: bool = False, fill: Fill | None = None) -> Any:
    """Declare a column; ``names`` are other spellings it may arrive under, dotted ones paths into nested JSON."""
    extra: dict[str, Any] = {"spellings": names, "fill": fill}
    if optional or fill:
        return Field(None, description=description, json_schema_extra=extra)
    return Field(description=description, json_schema_extra=extra)


def kinds(contract: type[BaseModel]) -> dict[str, Value]:
    """Each column's kind of value, in the contract's order."""
    return {
        name: next(mark for mark in field.metadata if isinstance(mark, Value))
        for name, field in contract.model_fields.items()
    }


def _extra(contract: type[BaseModel], key: str) -> Iterator[tuple[str, Any]]:
    for name, field in contract.model_fields.items():
        if isinstance(field.json_schema_extra, dict):
            yield name, field.json_schema_extra[key]


def spellings(contract: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """The other names each column may arrive under."""
    return dict(_extra(contract, "spellings"))


def fills(contract: type[BaseModel]) -> dict[str, Fill]:
    """What columns take when they were not given."""
    return {name: fill for name, fill in _extra(contract, "fill") if fill}


def broken_rules(error: ValidationError) -> list[tuple[str, str]]:
    """Every rule a record broke: its name (``rating_out_of_range``) and a sentence for people."""
    return [_worded(dict(detail)) for detail in error.errors(include_url=False)]


def _worded(detail: dict[str, Any]) -> tuple[str, str]:
    field = str(detail["loc"][0])
    if detail["type"] == "missing":
        return f"{field}_missing", f"{field} is missing"
    value = str(detail["input"])
    shown = value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…"
    shown = shown if detail["type"] in ("not_whole", "out_of_range", "not_a_number", "not_positive") else repr(shown)
    return f"{field}_{detail['type']}", f"{field} is {shown}: {detail['msg']}"


class SourceRejected(Exception):
    """A source is declared wrongly; the message names the source, what is wrong and what to do."""


@dataclass(frozen=True)
class Source:
    """One source of records, described here alone: what dbt must know of it is written out of this.

    Raises :class:`SourceRejected` where it names a column that the contract does not have or that may be empty.
    """

    name: str
    description: str
    contract: type[Contract]
    key: tuple[str, ...]
    """The columns that make two records the same; with ``derive_key``, one that is derived where it was not given."""
    date_column: str
    """When the thing happened: a ``Moment(dated=True)``, which decides the record's event date."""
    owner: str
    cadence: Literal["daily", "weekly"] = "daily"
    updated_column: str | None = "updated_at"
    """Of several records with one key, the one with the greatest value stands; without, the latest landed."""
    extra_date_columns: tuple[str, ...] = ()
    derive_key: bool = False
    formats: tuple[str, ...] = FORMATS
    rules: tuple[str, ...] = ()
    """SQL of the contract's rules across columns, over typed columns ``v``; true where the rule holds."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise SourceRejected(f"A source is named {self.name!r}: use lower-case letters, digits and underscores.")
        for column in filter(None, (*self.key, self.date_column, self.updated_column, *self.extra_date_columns)):
            if column not in self.kinds:
                raise SourceRejected(f"{self._title} names {column}: its columns are {', '.join(self.columns)}.")
        if self.derive_key and self.key != self.columns[:1]:
            raise SourceRejected(f"{self._title} derives its key: it must be one column, the contract's first.")
        always = {*self.required, *self.fills, *(self.key if self.derive_key else ())}
        for column in (*self.key, self.date_column):
            if column not in always:
                raise SourceRejected(f"{self._title} needs {column} in every record: it must not be optional.")
        if not getattr(self.kinds[self.date_column], "dated", False):
            raise SourceRejected(f"{self._title} is dated by {self.date_column}: make that a Moment(dated=True).")

    @property
    def _title(self) -> str:
        return f"The source {self.name} ({self.contract.__module__})"

    @cached_property
    def kinds(self) -> dict[str, Value]:
        """Each column's kind of value, in the contract's order; ``properties`` is not among them."""
        return kinds(self.contract)

    @property
    def columns(self) -> tuple[str, ...]:
        """The contract's columns, in order."""
        return tuple(self.kinds)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns a record must give."""
        return tuple(name for name, field in self.contract.model_fields.items() if field.is_required())

    @property
    def spellings(self) -> dict[str, tuple[str, ...]]:
        """The other names each column may arrive under."""
        return spellings(self.contract)

    @property
    def fills(self) -> dict[str, Fill]:
        """What columns take when they were not given."""
        return fills(self.contract)

    @property
    def clamp_early(self) -> bool:
        """Whether a record from before the start date belongs to the first partition, instead of being rejected."""
        return bool(getattr(self.kinds[self.date_column], "clamped", False))

    @property
    def has_user(self) -> bool:
        """Whether its records belong to users."""
        return "user_id" in self.kinds

    def partition_of(self, landing_date: date) -> date:
        """The partition a landing date belongs to: itself, or the Monday of its week."""
        return landing_date - timedelta(days=landing_date.weekday()) if self.cadence == "weekly" else landing_date

    def landing_dates(self, partition: date) -> list[date]:
        """The landing dates of a partition."""
        first = self.partition_of(partition)
        return [first + timedelta(days=day) for day in range(7 if self.cadence == "weekly" else 1)]
