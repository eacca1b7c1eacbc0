"""The refunds of an order: a list of small records in one column, stored as canonical JSON text."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from user_activity.settings import Settings
from user_activity.sources.contracts.base import Contract, column, spellings
from user_activity.sources.contracts.small_records import listed, validated
from user_activity.sources.contracts.times import Moment
from user_activity.sources.contracts.values import Amount, ValidationContext, Value

_GIVEN_BACK = ("refund", "")
_DONE = ("success", "completed", "")
_NEGATED = "total"
"""The name under which a shop system (WooCommerce) states what is given back as a negative amount."""


class Refund(Contract):
    """One refund of an order."""

    amount: Annotated[Decimal, Amount()] = column(
        "Money given back, in the order's currency.", "refund", "refund_amount", "refunded_amount", "total", "value"
    )
    refunded_at: Annotated[datetime | None, Moment()] = column(
        "When it was given back, UTC.", "processed_at", "created_at", "refund_date", "refund_at", "date", "timestamp",
        optional=True, vital=True,
    )  # fmt: skip


@dataclass(frozen=True)
class Refunds(Value):
    """A JSON list of refunds. A refund without an amount has that of its ``transactions`` that gave money back."""

    def parse(self, text: str, context: ValidationContext) -> str:
        refunds = listed(text, "refunds")
        return json.dumps(
            [self._refund(number, refund, context) for number, refund in enumerate(refunds, 1)], separators=(",", ":")
        )

    def _refund(self, number: int, refund: dict[str, Any], context: ValidationContext) -> dict[str, str]:
        texts = {name: text for name, value in refund.items() if (text := _as_text(value))}
        keys = {
            name: key_found
            for name, names in spellings(Refund).items()
            if (key_found := next((key for key in (name, *names) if key in texts), None))
        }
        record = {name: texts[key] for name, key in keys.items()}
        if keys.get("amount") == _NEGATED:
            record["amount"] = record["amount"].removeprefix("-")
        if "amount" not in record and isinstance(refund.get("transactions"), list):
            amounts = [_as_text(each.get("amount")) for each in refund["transactions"] if _gave_back(each)]
            record |= _sum([amount for amount in amounts if amount])
        found = validated(Refund, record, context, "bad_refund", f"refund {number}")
        at = found.refunded_at
        return {"amount": f"{found.amount:.4f}"} | ({"refunded_at": at.isoformat()} if at else {})

    def sql(self, text: str, settings: Settings) -> str:
        # Few orders are refunded: all lists but the empty one are decided by ``parse``.
        return f"case when {text} = '[]' then '[]' end"


def _as_text(value: Any) -> str | None:
    return None if value is None or isinstance(value, bool | dict | list) else str(value).strip()


def _gave_back(transaction: Any) -> bool:
    if not isinstance(transaction, dict):
        return False
    kind, status = ((_as_text(transaction.get(name)) or "").lower() for name in ("kind", "status"))
    return kind in _GIVEN_BACK and status in _DONE


def _sum(amounts: list[str]) -> dict[str, str]:
    """The sum as the text of an amount; a text that is no number stays, to be reported."""
    try:
        return {"amount": str(sum(map(Decimal, amounts), Decimal(0)))}
    except ArithmeticError:
        return {"amount": ", ".join(amounts)}
