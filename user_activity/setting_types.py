"""Types of setting values, and the default event types, order statuses and payment methods."""

import re
from collections.abc import Sequence
from email.utils import getaddresses, quote
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

EVENT_TYPES = (
    "page_view", "product_view", "search", "click", "login", "logout", "signup", "add_to_cart",
    "remove_from_cart", "checkout", "purchase", "refund", "video_play", "share",
)  # fmt: skip
ORDER_STATUSES = (
    "placed", "pending", "confirmed", "paid", "processing", "shipped", "delivered", "completed",
    "cancelled", "failed", "returned", "refunded", "partially_refunded",
)  # fmt: skip
PAYMENT_METHODS = (
    "card", "credit_card", "debit_card", "paypal", "apple_pay", "google_pay", "bank_transfer", "direct_debit",
    "cash", "cash_on_delivery", "gift_card", "invoice", "klarna", "crypto", "other",
)  # fmt: skip


def _addresses(value: str | Sequence[str]) -> tuple[str, ...]:
    """E-mail addresses, each with its display name if given."""
    texts = [value] if isinstance(value, str) else [str(each) for each in value]
    found = [pair for pair in getaddresses(texts) if pair != ("", "")]
    for _, address in found:
        if not (address.isascii() and re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address)):
            raise ValueError("must be one or more ASCII e-mail addresses, separated by commas")
    return tuple(dict.fromkeys(f'"{quote(name)}" <{address}>' if name else address for name, address in found))


def _origin(value: str | dict[str, Any]) -> str | dict[str, Any]:
    """The origin of a column: a field name or path, or ``{"const": value}``."""
    if isinstance(value, dict) and value.keys() != {"const"}:
        raise ValueError('must be a field name, a path or {"const": value}')
    return value


NameList = Annotated[tuple[str, ...], NoDecode]
Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses), NoDecode]
FieldMap = dict[str, Annotated[str | dict[str, Any], AfterValidator(_origin)]]
Count = Annotated[int, Field(ge=0)]
Memory = Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")]
Seconds = Annotated[float, Field(ge=0)]
