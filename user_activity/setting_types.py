"""Types of setting values, and the default event types, order statuses and payment methods."""

import re
from collections.abc import Sequence
from email.utils import getaddresses, quote
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

EVENT_TYPES = (
    "page_view", "product_view", "search", "click", "login", "logout", "signup", "add_to_cart",
    "remove_from_cart", "checkout", "purchase", "refund", "video_play", "share", "request",
)  # fmt: skip
ORDER_STATUSES = (
    "placed", "pending", "confirmed", "paid", "processing", "shipped", "delivered", "completed",
    "cancelled", "failed", "returned", "refunded", "partially_refunded",
)  # fmt: skip
MISSING_VALUES = ("null", "undefined", "none", "nan", "n/a", "#n/a", "(null)", "(not set)", "\\n")
PAYMENT_METHODS = (
    "card", "credit_card", "debit_card", "paypal", "apple_pay", "google_pay", "bank_transfer", "direct_debit",
    "cash", "cash_on_delivery", "gift_card", "invoice", "klarna", "crypto", "other",
)  # fmt: skip
PAYMENT_HOSTS = (
    "2checkout.com", "adyen.com", "affirm.com", "afterpay.com", "alipay.com", "arcot.com", "authorize.net",
    "billpay.de", "braintreegateway.com", "cardinalcommerce.com", "checkout.com", "clearpay.co.uk", "cybersource.com",
    "giropay.de", "klarna.com", "mercadopago.com", "mollie.com", "multisafepay.com", "opayo.co.uk", "pay.amazon.com",
    "pay.google.com", "paypal.com", "paysafecard.com", "paytm.in", "payu.com", "payu.in", "przelewy24.pl",
    "quickpay.net", "ratepay.com", "razorpay.com", "sagepay.com", "sezzle.com", "skrill.com", "sofort.com",
    "squareup.com", "stripe.com", "trustly.com", "twint.ch", "wepay.com", "worldpay.com",
)  # fmt: skip


def _addresses(value: str | Sequence[str]) -> tuple[str, ...]:
    """E-mail addresses, each with its display name if given."""
    texts = [value] if isinstance(value, str) else [str(each) for each in value]
    found = [pair for pair in getaddresses(texts) if pair != ("", "")]
    for _, address in found:
        if not (address.isascii() and re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address)):
            raise ValueError("must be one or more ASCII e-mail addresses, separated by commas")
    return tuple(dict.fromkeys(f'"{quote(name)}" <{address}>' if name else address for name, address in found))


def folded(name: str) -> str:
    """A name without what people write in different ways: case, blanks, hyphens and underscores."""
    return re.sub(r"[ \t\u00a0_-]", "", name).lower()


def _names(value: str | Sequence[str]) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    found: dict[str, str] = {}
    for name in map(str.strip, names):
        found |= {folded(name): name} if name and folded(name) not in found else {}
    if not found:
        raise ValueError("must hold at least one value, separated by commas")
    return tuple(found.values())


def _lower_names(value: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in _names(value))


def _hosts(value: str | Sequence[str]) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    hosts = [re.sub(r"^(\*\.)?(www\.)?", "", name.strip().lower()) for name in names if name.strip()]
    for host in hosts:
        if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", host):
            raise ValueError(f"{host!r} is not a host, like shop.example, without https:// and path")
    return tuple(dict.fromkeys(hosts))


def _spelled_as(known: Sequence[str]) -> BeforeValidator:
    """Names as they are given; but a built-in name is spelled as the models spell it, whatever its style."""
    built_in = {folded(name): name for name in known}
    return BeforeValidator(lambda value: tuple(built_in.get(folded(name), name) for name in _names(value)))


def named(names: Sequence[str], built_in: Sequence[str]) -> Sequence[str]:
    """The names of a list; the built-in ones if it takes every name."""
    return built_in if "*" in names else names


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone, like Europe/Berlin") from None
    return name


def _currency_code(code: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError("must be an ISO 4217 code of three capital letters, like EUR")
    return code


Zone = Annotated[str, AfterValidator(_known_zone)]
CurrencyCode = Annotated[str, AfterValidator(_currency_code)]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
NameList = Annotated[tuple[str, ...], BeforeValidator(_lower_names), NoDecode]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_hosts), NoDecode]
EventTypes = Annotated[tuple[str, ...], _spelled_as(EVENT_TYPES), NoDecode]
OrderStatuses = Annotated[tuple[str, ...], _spelled_as(ORDER_STATUSES), NoDecode]
PaymentMethods = Annotated[tuple[str, ...], _spelled_as(PAYMENT_METHODS), NoDecode]
Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses), NoDecode]
Count = Annotated[int, Field(ge=0)]
Memory = Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")]
Seconds = Annotated[float, Field(ge=0)]
