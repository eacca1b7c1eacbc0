"""The definition of a source: a pydantic contract, and the facts that files, partitions and models need."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from user_activity.settings import Settings
from user_activity.source_maps import SECTIONS
from user_activity.sources.contracts.values import ValidationContext, Value

FORMATS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".parquet")
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Fill:
    """The default of a column without a value, in Python and in SQL (over typed columns ``v``)."""

    value: Callable[[dict[str, Any], ValidationContext], Any]
    sql: Callable[[Settings], str]


LANDING_DATE = Fill(
    lambda given, context: datetime.combine(context.landing_date, time()), lambda settings: "_landing::timestamp"
)
"""The start of the landing date, UTC: since then a record without a time is known to be so."""


class Contract(BaseModel):
    """One record: text in, typed values out. Blank text counts as missing; fields that name no column are ignored.

    Validated with a ``ValidationContext`` as context: ``contract.model_validate({"user_id": "u1"}, context=context)``.
    """

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, record: Any) -> Any:
        texts = ((name, str(value).strip()) for name, value in record.items() if value is not None)
        return {name: text for name, text in texts if text}

    @model_validator(mode="after")
    def _fill(self, info: ValidationInfo) -> "Contract":
        if not isinstance(info.context, ValidationContext):
            raise TypeError("a record is validated with a ValidationContext as context")
        for name, fill in fills(type(self)).items():
            if getattr(self, name) is None:
                setattr(self, name, fill.value(self.__dict__, info.context))
        return self


def column(description: str, *names: str, optional: bool = False, fill: Fill | None = None, vital: bool = False) -> Any:
    """Declare a column. ``names`` are alternative field names; a dotted name is a path into nested JSON.

    A value of an optional column that breaks a rule is set aside, and the record is accepted without it. If the column
    is ``vital``, the record is rejected, because without the value other columns would be misleading.
    """
    extra: dict[str, Any] = {"spellings": names, "fill": fill, "vital": vital}
    if optional or fill:
        return Field(None, description=description, json_schema_extra=extra)
    return Field(description=description, json_schema_extra=extra)


def kinds(contract: type[BaseModel]) -> dict[str, Value]:
    """The value type of each column, in the contract's order."""
    return {
        name: next(mark for mark in field.metadata if isinstance(mark, Value))
        for name, field in contract.model_fields.items()
    }


def _extra(contract: type[BaseModel], key: str) -> Iterator[tuple[str, Any]]:
    for name, field in contract.model_fields.items():
        if isinstance(field.json_schema_extra, dict):
            yield name, field.json_schema_extra[key]


def spellings(contract: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """The alternative field names of each column."""
    return dict(_extra(contract, "spellings"))


def fills(contract: type[BaseModel]) -> dict[str, Fill]:
    """The defaults of columns without a value."""
    return {name: fill for name, fill in _extra(contract, "fill") if fill}


def vital(contract: type[BaseModel]) -> set[str]:
    """The columns whose wrong value rejects a record, although they are optional."""
    return {name for name, is_vital in _extra(contract, "vital") if is_vital}


def broken_columns(error: ValidationError) -> list[str]:
    """The column of each rule that a record broke, in the order of ``broken_rules``."""
    return [str(detail["loc"][0]) for detail in error.errors(include_url=False, include_context=False)]


def broken_rules(error: ValidationError) -> list[tuple[str, str]]:
    """Each rule that a record broke: its name (``rating_out_of_range``) and a sentence for users."""
    return [_rule_and_sentence(dict(detail)) for detail in error.errors(include_url=False)]


def _rule_and_sentence(detail: dict[str, Any]) -> tuple[str, str]:
    field = str(detail["loc"][0])
    if detail["type"] == "missing":
        return f"{field}_missing", ": ".join([f"{field} is missing", *detail.get("ctx", {}).values()])
    value = str(detail["input"])
    shown = value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…"
    shown = shown if detail["type"] in ("not_whole", "out_of_range", "not_a_number", "not_positive") else repr(shown)
    return f"{field}_{detail['type']}", f"{field} is {shown}: {detail['msg']}"


class SourceRejected(Exception):
    """A source is declared incorrectly; the message names the source, what is wrong and what to do."""


@dataclass(frozen=True)
class Source:
    """One source of records. This is its only definition: what dbt needs is generated from it.

    Raises :class:`SourceRejected` if a key or date column is missing in the contract, or a required one is optional.
    """

    name: str
    description: str
    contract: type[Contract]
    key: tuple[str, ...]
    """The columns that identify a record. With ``derive_key``, the contract's first column, which is derived if it is
    missing, is among them."""
    date_column: str
    """The time of the event: a ``Moment(dated=True)`` column that determines the record's event date."""
    owner: str
    cadence: Literal["daily", "weekly"] = "daily"
    updated_column: str | None = "updated_at"
    """Of records with the same key, the one with the greatest value is used; if None, the one that landed last."""
    extra_date_columns: tuple[str, ...] = ()
    constant_columns: tuple[str, ...] = ()
    """The columns that are the same in all records with one key. If they differ, a check warns of the key."""
    derive_key: bool = False
    derived_from: tuple[str, ...] = ()
    """What a derived key is made of besides its ordinal among equal ones of its file: SQL over typed columns ``v``.
    Without any it is the whole record."""
    formats: tuple[str, ...] = FORMATS
    rules: tuple[Callable[[Settings], str], ...] = ()
    """The contract's rules across columns as SQL, over typed columns ``v``; true if the rule is satisfied."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise SourceRejected(f"A source is named {self.name!r}: use lower-case letters, digits and underscores.")
        if reserved := next((column for column in self.columns if column in SECTIONS), None):
            raise SourceRejected(f"{self._title} has the column {reserved}, which means something else in field maps.")
        for column in filter(
            None, (*self.key, self.date_column, self.updated_column, *self.extra_date_columns, *self.constant_columns)
        ):
            if column not in self.kinds:
                raise SourceRejected(f"{self._title} names {column}: its columns are {', '.join(self.columns)}.")
        if self.derive_key and self.columns[0] not in self.key:
            raise SourceRejected(f"{self._title} derives its key: the contract's first column must be in it.")
        always = {*self.required, *self.fills, *(self.columns[:1] if self.derive_key else ())}
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
        """The value type of each column, in the contract's order; without ``properties``."""
        return kinds(self.contract)

    @property
    def columns(self) -> tuple[str, ...]:
        """The contract's columns, in order."""
        return tuple(self.kinds)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that every record must have."""
        return tuple(name for name, field in self.contract.model_fields.items() if field.is_required())

    @property
    def can_be_set_aside(self) -> frozenset[str]:
        """The columns whose wrong value is set aside, so that the rest of the record is kept."""
        kept = {*self.required, *self.fills, *self.key, *self.extra_date_columns, *vital(self.contract)}
        return frozenset(set(self.columns) - kept)

    @property
    def spellings(self) -> dict[str, tuple[str, ...]]:
        """The alternative field names of each column."""
        return spellings(self.contract)

    @property
    def fills(self) -> dict[str, Fill]:
        """The defaults of columns without a value."""
        return fills(self.contract)

    @property
    def clamp_early(self) -> bool:
        """Whether records from before the start date go to the first partition instead of being rejected."""
        return bool(getattr(self.kinds[self.date_column], "clamped", False))

    @property
    def has_user(self) -> bool:
        """Whether its records belong to users."""
        return "user_id" in self.kinds

    def partition_of(self, landing_date: date) -> date:
        """The partition of a landing date: the date itself, or the Monday of its week."""
        return landing_date - timedelta(days=landing_date.weekday()) if self.cadence == "weekly" else landing_date

    def landing_dates(self, partition: date) -> list[date]:
        """The landing dates of a partition."""
        first = self.partition_of(partition)
        return [first + timedelta(days=day) for day in range(7 if self.cadence == "weekly" else 1)]
