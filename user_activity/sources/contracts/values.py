"""The value types of columns: the conversion of text in Python, and the same conversion in SQL."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from typing import Any, ClassVar, LiteralString

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from user_activity.setting_types import folded
from user_activity.settings import Settings


@dataclass(frozen=True)
class ValidationContext:
    """The inputs of validation besides the record: the settings and the landing date. Never the current time."""

    settings: Settings
    landing_date: date


def broken(rule: LiteralString, sentence: str) -> PydanticCustomError:
    """The error for a broken rule. The sentence is appended to "<field> is <value>: "."""
    return PydanticCustomError(rule, "{sentence}", {"sentence": sentence})


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_folded(text: str) -> str:
    """SQL for what ``folded`` makes of a text."""
    return f"translate(lower({text}), ' \t\u00a0_-', '')"


def sql_is_one_of(text: str, names: Iterable[str]) -> str:
    """SQL that tests whether a text is one of many names.

    (A long ``in`` list becomes a join, which loses the row order.)
    """
    return f"regexp_full_match({text}, {quoted('|'.join(map(re.escape, names)))})"


def sql_list(names: Iterable[str]) -> str:
    """The names as the right side of an SQL ``in``."""
    return "(" + ", ".join(map(quoted, names)) + ")"


class Value:
    """A value type, used as ``Annotated[type, Kind(...)]`` on a contract's column."""

    sql_type: ClassVar[str] = "VARCHAR"

    def parse(self, text: str, context: ValidationContext) -> Any:
        """Returns the typed value; raises a ``PydanticCustomError`` from ``broken``."""
        raise NotImplementedError

    def sql(self, text: str, settings: Settings) -> str:
        """SQL for the typed value of a text expression, or NULL; ``_landing`` is the row's landing date."""
        raise NotImplementedError

    def native_sql(self, value: str, sql_type: str, settings: Settings) -> str | None:
        """The same for a column that is already typed (Parquet); None if only its text can be converted."""
        return None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: Any, info: ValidationInfo) -> Any:
            if not isinstance(info.context, ValidationContext):
                raise TypeError("a record is validated with a ValidationContext as context")
            return self.parse(str(value), info.context)

        return core_schema.with_info_plain_validator_function(validate)


def _is_nested(text: str) -> bool:
    if not text.startswith(("{", "[")):
        return False
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False


@dataclass(frozen=True)
class Text(Value):
    """Any single value that is not blank. (A NUL character is not allowed: PostgreSQL cannot store it.)"""

    def parse(self, text: str, context: ValidationContext) -> str:
        if "\x00" in text:
            raise broken("nul", "must not hold a NUL character")
        if _is_nested(text):
            raise broken("nested", "must be a single value: map a path to one inside it, like customer.id")
        return text

    def sql(self, text: str, settings: Settings) -> str:
        return f"case when not (starts_with({text}, '{{') or starts_with({text}, '[')) then {text} end"


@dataclass(frozen=True)
class Identifier(Text):
    """The id of something. A whole number that was stored as a floating-point number (123.0) is that number (123)."""

    _FLOAT: ClassVar[re.Pattern[str]] = re.compile(r"-?[0-9]{1,18}\.0")

    def parse(self, text: str, context: ValidationContext) -> str:
        text = super().parse(text, context)
        return text.removesuffix(".0") if self._FLOAT.fullmatch(text) else text

    def sql(self, text: str, settings: Settings) -> str:
        is_float = f"ends_with({text}, '.0') and regexp_full_match({text}, {quoted(self._FLOAT.pattern)})"
        return f"case when {is_float} then left({text}, length({text}) - 2) else {super().sql(text, settings)} end"


@dataclass(frozen=True)
class OneOf(Value):
    """A name from a list, as the list spells it: case, spaces, hyphens and underscores do not matter.

    ``spellings`` maps synonyms to names. The list ``*`` takes every name as it is.
    """

    names: Callable[[Settings], Sequence[str]]
    spellings: tuple[tuple[str, str], ...] = ()

    def _known(self, names: Sequence[str]) -> dict[str, str]:
        synonyms = {other: name for other, name in self.spellings if name in names}
        styled = {folded(name): name for name in reversed(names)}
        return {folded(other): name for other, name in synonyms.items()} | styled

    def parse(self, text: str, context: ValidationContext) -> str:
        names = self.names(context.settings)
        if text in names or "*" in names:
            return Text().parse(text, context)
        known = self._known(names)
        if name := known.get(folded(text)):
            return name
        close = get_close_matches(text.lower(), names, n=1)
        hint = f" (did you mean '{close[0]}'?)" if close else ""
        raise broken("unknown", f"must be one of {', '.join(names)}{hint}")

    def sql(self, text: str, settings: Settings) -> str:
        names = self.names(settings)
        if "*" in names:
            return Text().sql(text, settings)
        known = self._known(names)
        pairs = ", ".join(f"{quoted(key)}: {quoted(name)}" for key, name in known.items())
        found = f"map {{{pairs}}}[{sql_folded(text)}]"
        return f"case when {sql_is_one_of(text, names)} then {text} else {found} end"


@dataclass(frozen=True)
class Whole(Value):
    """A whole number within bounds; a fraction of zeros (3.0) is accepted."""

    minimum: int = 0
    maximum: int = 10**15 - 1

    sql_type: ClassVar[str] = "BIGINT"
    _PATTERN: ClassVar[re.Pattern[str]] = re.compile(r"[+-]?[0-9]+(\.0*)?")

    def parse(self, text: str, context: ValidationContext) -> int:
        if not self._PATTERN.fullmatch(text):
            raise broken("not_whole", "must be a whole number")
        digits = text.partition(".")[0]
        if len(digits) > 20 or not self.minimum <= (number := int(digits)) <= self.maximum:
            raise broken("out_of_range", self._range())
        return number

    def _range(self) -> str:
        upper = f"between {self.minimum} and {self.maximum}"
        return f"must be {upper}" if self.maximum < 10**15 - 1 else f"must be {self.minimum} or more"

    def sql(self, text: str, settings: Settings) -> str:
        guard = f"regexp_full_match({text}, '[0-9]{{1,15}}(\\.0{{1,3}})?')"
        return self.native_sql(f"case when {guard} then try_cast({text} as bigint) end", "BIGINT", settings) or "null"

    def native_sql(self, value: str, sql_type: str, settings: Settings) -> str | None:
        if "INT" not in sql_type:
            return None
        number = f"try_cast({value} as bigint)"
        return f"case when {number} between {self.minimum} and {self.maximum} then {number} end"


@dataclass(frozen=True)
class Amount(Value):
    """A decimal number of at most 14 digits before the point, rounded half up to 4 digits after it."""

    minimum: int | None = 0
    maximum: int = 10**14
    """Its size is less than this."""

    sql_type: ClassVar[str] = "DECIMAL(18,4)"
    _PATTERN: ClassVar[re.Pattern[str]] = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")

    def parse(self, text: str, context: ValidationContext) -> Decimal:
        if not self._PATTERN.fullmatch(text):
            raise broken("not_a_number", "must be a number, like 12.50")
        number = Decimal(text)
        if (
            abs(number) >= self.maximum
            or abs(number := number.quantize(Decimal("0.0001"), ROUND_HALF_UP)) >= self.maximum
        ):
            raise broken("out_of_range", f"must be less than {self.maximum}")
        if self.minimum is not None and number < self.minimum:
            raise broken("out_of_range", f"must be {self.minimum} or more")
        return number + Decimal(0)  # a rounded -0.00001 is zero, not minus zero

    def sql(self, text: str, settings: Settings) -> str:
        guard = f"regexp_full_match({text}, '-?[0-9]{{1,14}}(\\.[0-9]{{0,18}})?')"
        return self._bounded(f"case when {guard} then try_cast({text} as decimal(18,4)) end")

    def native_sql(self, value: str, sql_type: str, settings: Settings) -> str | None:
        return self._bounded(f"try_cast({value} as decimal(18,4))") if "INT" in sql_type else None

    def _bounded(self, number: str) -> str:
        bounds = [] if self.minimum is None else [f"{number} >= {self.minimum}"]
        bounds += [f"abs({number}) < {self.maximum}"] if self.maximum < 10**14 else []
        return f"case when {' and '.join(bounds)} then {number} end" if bounds else number


@dataclass(frozen=True)
class Flag(Value):
    """Yes or no."""

    sql_type: ClassVar[str] = "BOOLEAN"
    _YES: ClassVar[tuple[str, ...]] = ("true", "t", "yes", "y", "1", "1.0")
    _NO: ClassVar[tuple[str, ...]] = ("false", "f", "no", "n", "0", "0.0")

    def parse(self, text: str, context: ValidationContext) -> bool:
        word = text.lower()
        if word not in self._YES + self._NO:
            raise broken("not_a_flag", "must be true or false")
        return word in self._YES

    def sql(self, text: str, settings: Settings) -> str:
        word = f"lower({text})"
        yes, no = sql_is_one_of(word, self._YES), sql_is_one_of(word, self._NO)
        return f"case when {yes} then true when {no} then false end"

    def native_sql(self, value: str, sql_type: str, settings: Settings) -> str | None:
        return value if sql_type == "BOOLEAN" else None
