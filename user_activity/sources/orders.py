"""Orders: one record is one order as of ``updated_at``, with its lines, or lines of order_items."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from user_activity.sources.contracts.base import Contract, Fill, Source, column
from user_activity.sources.contracts.items import Items
from user_activity.sources.contracts.money import Currency
from user_activity.sources.contracts.refunds import Refunds
from user_activity.sources.contracts.times import Moment
from user_activity.sources.contracts.values import Amount, Identifier, OneOf, Text, ValidationContext, broken, quoted

COMPLETED = "completed"
EMPTY = re.compile(r"\[\s*\]")
GIVES_BACK = r'"(quantity":|unit_price":")-'
"""What lines that give goods back have, as canonical JSON."""
STATUS_SPELLINGS = (("canceled", "cancelled"), ("complete", "completed"), ("partial_refund", "partially_refunded"))


class Order(Contract):
    """One order as of ``updated_at``."""

    order_id: Annotated[str, Identifier()] = column("The order.", "id", "order_number", "transaction_id")
    user_id: Annotated[str | None, Identifier()] = column(
        "Who ordered; nobody for a guest.", "customer_id", "customer", "customer.id", "user", "user.id", "userId",
        optional=True, vital=True,
    )  # fmt: skip
    order_at: Annotated[datetime, Moment(dated=True)] = column(
        "When it was placed, UTC.", "order_date", "ordered_at", "order_ts", "order_timestamp", "created_at",
        "placed_at", "timestamp", "ts", "time",
    )  # fmt: skip
    updated_at: Annotated[datetime | None, Moment()] = column(
        "When this state began, UTC; the order's time where not given.", "modified_at", "last_updated", "updated_ts",
        fill=Fill(lambda given, context: given["order_at"], lambda settings: "v.order_at"),
    )  # fmt: skip
    status: Annotated[str | None, OneOf(lambda settings: settings.order_statuses, STATUS_SPELLINGS)] = column(
        "The order's state; completed where not given.", "order_status", "state",
        fill=Fill(lambda given, context: COMPLETED, lambda settings: quoted(COMPLETED)),
    )  # fmt: skip
    payment_method: Annotated[str | None, OneOf(lambda settings: settings.payment_methods)] = column(
        "How it was paid.", "payment", "payment_type", "payment.method", "payment.type", optional=True
    )
    currency: Annotated[str | None, Currency()] = column(
        "ISO 4217 code of all amounts; the default currency where not given.", "currency_code",
        fill=Fill(lambda given, context: context.settings.default_currency, lambda s: quoted(s.default_currency)),
    )  # fmt: skip
    revenue: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "The order's total; negative if it gives back what other orders sold.", "total", "total_amount", "amount",
        "order_total", "order_value", "total_price", "gross_revenue", optional=True, vital=True,
    )  # fmt: skip
    discount: Annotated[Decimal | None, Amount()] = column(
        "Discount given.",
        "discount_amount",
        "total_discount",
        "total_discounts",
        "discount_total",
        optional=True,
        vital=True,
    )
    tax: Annotated[Decimal | None, Amount()] = column("Tax.", "tax_amount", "total_tax", optional=True, vital=True)
    shipping: Annotated[Decimal | None, Amount()] = column(
        "Shipping charged.", "shipping_amount", "shipping_cost", "shipping_fee", optional=True, vital=True
    )
    tip: Annotated[Decimal | None, Amount()] = column(
        "Tip.", "tips", "tip_amount", "gratuity", "total_tip", "total_tip_received", optional=True, vital=True
    )
    refund: Annotated[Decimal | None, Amount()] = column(
        "Money given back so far, as of updated_at.", "refund_amount", "refunded_amount", optional=True, vital=True
    )
    refunded_at: Annotated[datetime | None, Moment()] = column(
        "When it was given back, UTC.", "refund_date", "refund_at", optional=True, vital=True
    )
    refunds: Annotated[str | None, Refunds()] = column(
        "The refunds, as JSON: a list of an amount and a time each; it counts instead of refund.", optional=True
    )
    session_id: Annotated[str | None, Identifier()] = column("The session it was placed in.", "session", optional=True)
    channel: Annotated[str | None, Text()] = column("Marketing channel.", "metadata.channel", optional=True)
    country: Annotated[str | None, Text()] = column(
        "Country.", "location", "country_code", "shipping_country", "metadata.location", "metadata.country",
        optional=True,
    )  # fmt: skip
    device: Annotated[str | None, Text()] = column("Kind of device.", "device_type", "metadata.device", optional=True)
    items: Annotated[str | None, Items(), Field(validate_default=True)] = column(
        "The lines, as JSON.", "line_items", "order_items", "lines", "products", optional=True, vital=True
    )

    @field_validator("items", mode="wrap")
    @classmethod
    def _are_here_or_elsewhere(
        cls, items: str | None, parsed: ValidatorFunctionWrapHandler, info: ValidationInfo[ValidationContext]
    ) -> Any:
        allowed = info.context.settings.orders_without_lines
        if items is not None and not (allowed and EMPTY.fullmatch(items)):
            lines, total = parsed(items), info.data.get("revenue")
            if total is not None and total < 0 and not re.search(GIVES_BACK, lines):
                raise broken("all_sell", "revenue is negative, and no line gives anything back")
            return lines
        if not allowed:
            raise broken(
                "missing",
                "if each record is a whole order, or its lines are files of order_items, set "
                "USER_ACTIVITY_ORDERS_WITHOUT_LINES=true",
            )
        return None


SOURCE = Source(
    name="orders",
    description="Orders with their lines, as of their last change.",
    contract=Order,
    key=("order_id",),
    date_column="order_at",
    extra_date_columns=("refunded_at",),
    rules=(
        lambda settings: "true" if settings.orders_without_lines else "v.items is not null",
        lambda settings: (
            f"coalesce(v.revenue, 0) >= 0 or v.items is null or regexp_matches(v.items, {quoted(GIVES_BACK)})"
        ),
    ),
    owner="team:commerce",
)
