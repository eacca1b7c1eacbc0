"""Lists of small records in one column, as JSON text: order lines, refunds."""

import json
from typing import Any, TypeVar

from pydantic import ValidationError

from user_activity.sources.contracts.base import Contract, broken_rules
from user_activity.sources.contracts.values import ValidationContext, broken

Record = TypeVar("Record", bound=Contract)


def listed(text: str, of: str, *, at_least_one: bool = False) -> list[dict[str, Any]]:
    """The objects of a JSON list, numbers as text. Raises a broken rule that says what it must be a list ``of``."""
    try:
        found = json.loads(text, parse_int=str, parse_float=lambda number: repr(float(number)))
    except (ValueError, RecursionError):
        found = None
    is_list = isinstance(found, list) and all(isinstance(each, dict) for each in found)
    if not is_list or (at_least_one and not found):
        raise broken("not_a_list", f"must be a JSON list of {'at least one ' * at_least_one}{of}")
    return list(found)


def validated(
    contract: type[Record], record: dict[str, str], context: ValidationContext, rule: str, name: str
) -> Record:
    """The record, typed. Raises the broken ``rule`` that gives its ``name`` and everything that is wrong with it."""
    try:
        return contract.model_validate(record, context=context)
    except ValidationError as error:
        raise broken(rule, f"{name}: {'; '.join(sentence for _, sentence in broken_rules(error))}") from None
