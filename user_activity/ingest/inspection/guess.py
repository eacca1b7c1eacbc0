"""Which field a column comes from: candidates by name and by value, and an assignment of fields to columns."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from user_activity.ingest.inspection.fields import Field, is_nested
from user_activity.ingest.inspection.synonyms import (
    BY_LOOK,
    CONTAINERS,
    GENERIC,
    LOOKS,
    NAMES,
    WEAK,
    names_of,
)
from user_activity.ingest.inspection.times import fitting
from user_activity.setting_types import folded
from user_activity.sources import Source, ValidationContext
from user_activity.sources.contracts.items import Items
from user_activity.sources.contracts.times import Moment
from user_activity.sources.contracts.values import Amount, Identifier, OneOf, Value

LEAST_FIT = 0.5
"""The share of a field's values that its column must accept."""
SURE, LIKELY = 0.5, 0.4
"""The least score to be proposed for any column, and for a required one."""
MAY_MEAN = "may mean"
"""How the reason begins of a field that is proposed for want of a better one."""
MOST_NAMES, LONGEST_NAME = 100, 60
LEAST_DISTINCT = 0.9
"""The least share of different values of a field that identifies records, unless it has our own name for that."""


@dataclass(frozen=True)
class Candidate:
    """A field that a column may come from."""

    column: str
    field: Field
    score: float
    fit: float
    """The share of its values that the column accepts."""
    reason: str
    format: str | None = None
    other_formats: tuple[str, ...] = ()
    is_cents: bool = False
    """Whether its values are hundredths of what the column has."""


def candidates(source: Source, fields: Mapping[str, Field], context: ValidationContext) -> dict[str, list[Candidate]]:
    """The candidates of each column, the best first."""
    found: dict[str, list[Candidate]] = {}
    for column in source.columns:
        each = [made for field in fields.values() if (made := _candidate(source, column, field, context))]
        found[column] = sorted(each, key=lambda one: -round(one.score * one.fit, 6))
    return found


def assigned(
    source: Source, found: Mapping[str, Sequence[Candidate]], taken: Collection[str] = ()
) -> dict[str, Candidate]:
    """One field for each column, the surest first; each field is used once. Fields that are ``taken`` are left out."""
    order = {column: at for at, column in enumerate(source.columns)}
    every = [
        one for ones in found.values() for one in ones if one.score >= (LIKELY if _is_needed(source, one) else SURE)
    ]
    every.sort(key=lambda one: (-round(one.score * one.fit, 6), not _is_needed(source, one), order[one.column]))
    chosen: dict[str, Candidate] = {}
    used = set(taken)
    for one in every:
        if one.column not in chosen and not {one.field.path, one.field.path.split(".")[0]} & used:
            chosen[one.column] = one
            used.add(one.field.path)
    return chosen


def _is_needed(source: Source, one: Candidate) -> bool:
    return one.column in source.required


def _candidate(source: Source, column: str, field: Field, context: ValidationContext) -> Candidate | None:
    score, reason = _name_score(source, column, field.names)
    kind = source.kinds[column]
    if not score and isinstance(kind, Amount) and (amount := _without_cents(field)):
        score, reason = _name_score(source, column, amount)
        return Candidate(column, field, score, 1.0, f"{reason}, in cents", is_cents=True) if score else None
    if not score:
        score, reason = _look_score(column, field)
    if not score or not field.given:
        return None
    is_ours = score > 0.95
    fit = _fit(column, kind, field, context, is_ours=is_ours)
    form, others = None, list[str]()
    if fit < LEAST_FIT and isinstance(kind, Moment) and (fits := fitting(field.tried)):
        fit, (form, *others) = 1.0, fits
    if fit < LEAST_FIT:
        return None
    is_key = source.derive_key and column == source.columns[0] and score < 1
    if is_key and len(field.distinct) < LEAST_DISTINCT * len(field.given):
        return None
    return Candidate(column, field, score, fit, reason, form, tuple(others))


def _without_cents(field: Field) -> tuple[str, ...]:
    """The names of a field of whole numbers that calls them cents, without that word; else none."""
    plain = re.sub("(in|_)?cents$", "", field.names[-1]) or "amount"
    is_whole = bool(field.tried) and _share(field.tried, "-?[0-9]+") == 1
    return (*field.names[:-1], plain) if is_whole and plain != field.names[-1] else ()


def _name_score(source: Source, column: str, names: Sequence[str]) -> tuple[float, str]:
    whole = ".".join(names)
    if whole == folded(column):
        return 1.0, "our own name"
    for at, name in enumerate(source.spellings[column]):
        if whole == folded(name):
            return 0.98 - at / 1000, "a spelling of the contract"
    for at, name in enumerate(names_of(source.name, column, NAMES)):
        if whole == folded(name):
            return 0.9 - at / 1000, f"a synonym of {column}"
    for at, name in enumerate(names_of(source.name, column, WEAK)):
        if whole == folded(name):
            return 0.45 - at / 1000, f"{MAY_MEAN} {column}"
    return _inner_score(source, column, names) if len(names) > 1 else (0.0, "")


def _inner_score(source: Source, column: str, names: Sequence[str]) -> tuple[float, str]:
    """The score of a path's last name, or of its last two as one; less if it belongs to an object of its own."""
    known = (column, *source.spellings[column], *names_of(source.name, column, NAMES))
    plain = [folded(name) for name in known if "." not in name]
    inner = 0.8 if all(name in CONTAINERS for name in names[:-1]) else LIKELY
    if names[-1] in plain and names[-1] not in GENERIC:
        return inner - 0.01 * len(names), f"a name of {column}, in an object"
    if names[-2] + names[-1] in plain:
        return 0.7 - 0.01 * len(names), f"a name of {column}, as object and member"
    return 0.0, ""


def _look_score(column: str, field: Field) -> tuple[float, str]:
    if column in BY_LOOK and field.tried:
        pattern, what = BY_LOOK[column]
        if _share(field.tried, pattern) > 0.95:
            return 0.55, f"by its values: {what}"
    return 0.0, ""


def _share(values: Sequence[str], pattern: str) -> float:
    return sum(bool(re.fullmatch(pattern, value, re.DOTALL)) for value in values) / len(values)


def _fit(column: str, kind: Value, field: Field, context: ValidationContext, *, is_ours: bool) -> float:
    if isinstance(kind, Items):
        return _accepted(kind, field.tried, context) or 0.5 * all(value.startswith("[") for value in field.tried)
    if isinstance(kind, OneOf):
        few = len(field.distinct) <= MOST_NAMES and all(len(value) <= LONGEST_NAME for value in field.tried)
        return float(few and not any(is_nested(value) for value in field.tried))
    if (
        isinstance(kind, Identifier)
        and not is_ours
        and sum(" " in value for value in field.tried) * 2 > len(field.tried)
    ):
        return 0.0
    if column in LOOKS and not is_ours:
        return _share(field.tried, LOOKS[column])
    return _accepted(kind, field.tried, context)


def _accepted(kind: Value, values: Sequence[str], context: ValidationContext) -> float:
    return sum(_accepts(kind, value, context) for value in values) / len(values)


def _accepts(kind: Value, value: str, context: ValidationContext) -> bool:
    try:
        kind.parse(value, context)
    except PydanticCustomError:
        return False
    return True
