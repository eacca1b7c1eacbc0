"""Order lines in files of their own: one record is one line of an order, or goods of it that were given back."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from user_activity.sources.contracts.base import Contract, Fill, Source, column
from user_activity.sources.contracts.items import MOST_UNITS, NO_PRODUCT
from user_activity.sources.contracts.money import Currency
from user_activity.sources.contracts.times import EPOCH, Moment
from user_activity.sources.contracts.values import (
    Amount,
    Identifier,
    OneOf,
    Text,
    ValidationContext,
    broken,
    quoted,
)
from user_activity.sources.orders import STATUS_SPELLINGS

_RETURNED = " returned "
"""Stands between the line's id and the time in the reference of a line that is given back."""
_IS_RETURN = "(v.quantity < 0 or coalesce(v.unit_price < 0, false) or coalesce(v.amount < 0, false))"


def _reference(given: dict[str, Any]) -> str | None:
    """The line's id; of goods given back with their time, because several rows may give back parts of one line."""
    line: str | None = given["line_id"]
    at: datetime | None = given["order_at"]
    quantity = 1 if given["quantity"] is None else given["quantity"]
    is_return = any(number is not None and number < 0 for number in (quantity, given["unit_price"], given["amount"]))
    if line is None or not is_return:
        return line
    return f"{line}{_RETURNED}{'' if at is None else (at - EPOCH) // timedelta(microseconds=1)}"


def _reference_sql() -> str:
    is_return = _IS_RETURN.replace("v.quantity", "coalesce(v.quantity, 1)")
    at = f"{quoted(_RETURNED)} || coalesce(epoch_us(v.order_at)::varchar, '')"
    return f"v.line_id || case when {is_return} then {at} else '' end"


class OrderItem(Contract):
    """One line of an order. What an order has once may stand in each of its lines."""

    line_ref: Annotated[str | None, Identifier()] = column(
        "What tells the line from others of its order: its id, else derived from its product and its ordinal among "
        "lines of one product in its file.",
        fill=Fill(lambda given, context: _reference(given), lambda settings: _reference_sql()),
    )
    order_id: Annotated[str, Identifier()] = column(
        "The order.", "order_number", "order", "order.id", "transaction_id", "invoice_id"
    )
    line_id: Annotated[str | None, Identifier()] = column(
        "The line: its own id, or its number in the order.", "order_item_id", "line_item_id", "line_number",
        "order_line_id", optional=True, vital=True,
    )  # fmt: skip
    product_id: Annotated[str | None, Identifier()] = column(
        "The product; (not set) for a line without one.", "sku", "item_id", "product", "product.id",
        fill=Fill(lambda given, context: NO_PRODUCT, lambda settings: quoted(NO_PRODUCT)),
    )  # fmt: skip
    quantity: Annotated[Decimal | None, Amount(minimum=None, maximum=MOST_UNITS)] = column(
        "Units; negative for goods given back; 1 where not given.", "qty",
        fill=Fill(lambda given, context: Decimal(1), lambda settings: "1"),
    )  # fmt: skip
    amount: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "The whole line's price, where it is not quantity times unit_price.", "line_total", "line_amount",
        "extended_price", optional=True, vital=True,
    )  # fmt: skip
    unit_price: Annotated[Decimal | None, Amount(minimum=None), Field(validate_default=True)] = column(
        "Price of one unit.", "price", "price_per_unit", "item_price", optional=True, vital=True
    )
    order_at: Annotated[datetime | None, Moment(dated=True)] = column(
        "When it was ordered, or given back, UTC.", "order_date", "ordered_at", "order_timestamp", "created_at",
        "placed_at", "timestamp", "ts", optional=True, vital=True,
    )  # fmt: skip
    dated_at: Annotated[datetime | None, Moment(dated=True)] = column(
        "The time that gives the record its day, UTC: order_at, else the start of the landing date.",
        fill=Fill(
            lambda given, context: given["order_at"] or datetime.combine(context.landing_date, time()),
            lambda settings: "coalesce(v.order_at, _landing::timestamp)",
        ),
    )
    updated_at: Annotated[datetime | None, Moment()] = column(
        "When this state began, UTC; dated_at where not given.", "modified_at", "last_updated", "updated_ts",
        fill=Fill(
            lambda given, context: given["dated_at"],
            lambda settings: "coalesce(v.dated_at, v.order_at, _landing::timestamp)",
        ),
    )  # fmt: skip
    user_id: Annotated[str | None, Identifier()] = column(
        "Who ordered; nobody for a guest.", "customer_id", "customer", "customer.id", "user", "user.id", "userId",
        optional=True, vital=True,
    )  # fmt: skip
    currency: Annotated[str | None, Currency()] = column(
        "ISO 4217 code of all amounts; that of the order where not given.", "currency_code", optional=True, vital=True
    )
    discount: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "Discount on the line.", "line_discount", "discount_amount", "item_discount", optional=True, vital=True
    )
    tax: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "Tax of the line.", "line_tax", "tax_amount", "item_tax", optional=True, vital=True
    )
    shipping: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "Shipping charged for the line.", "shipping_amount", "shipping_cost", "freight_value", "item_shipping",
        optional=True, vital=True,
    )  # fmt: skip
    refund: Annotated[Decimal | None, Amount()] = column(
        "Money given back for the line.", "refund_amount", "refunded_amount", optional=True, vital=True
    )
    refunded_at: Annotated[datetime | None, Moment()] = column(
        "When it was given back, UTC.", "refund_date", "refund_at", optional=True, vital=True
    )
    order_total: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "The order's total, in each or one of its lines.", "order_value", "order_amount", optional=True, vital=True
    )
    order_discount: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "Discount on the whole order, in each or one of its lines.", optional=True, vital=True
    )
    order_tax: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "Tax of the whole order, in each or one of its lines.", optional=True, vital=True
    )
    order_shipping: Annotated[Decimal | None, Amount(minimum=None)] = column(
        "Shipping charged for the whole order, in each or one of its lines.", optional=True, vital=True
    )
    status: Annotated[str | None, OneOf(lambda settings: settings.order_statuses, STATUS_SPELLINGS)] = column(
        "The order's state.", "order_status", "state", optional=True, vital=True
    )
    payment_method: Annotated[str | None, OneOf(lambda settings: settings.payment_methods)] = column(
        "How the order was paid.", "payment", "payment_type", "payment.method", optional=True
    )
    session_id: Annotated[str | None, Identifier()] = column("The session it was placed in.", "session", optional=True)
    channel: Annotated[str | None, Text()] = column("Marketing channel.", "metadata.channel", optional=True)
    country: Annotated[str | None, Text()] = column(
        "Country.", "location", "country_code", "shipping_country", "metadata.location", optional=True
    )
    device: Annotated[str | None, Text()] = column("Kind of device.", "device_type", "metadata.device", optional=True)

    @field_validator("unit_price", mode="wrap")
    @classmethod
    def _needs_a_price(
        cls, price: str | None, parsed: ValidatorFunctionWrapHandler, info: ValidationInfo[ValidationContext]
    ) -> Any:
        if price is not None:
            return parsed(price)
        if info.data.get("amount", ...) is None:
            raise broken("missing", "give the price of one unit, or amount, the price of the whole line")
        return None


SOURCE = Source(
    name="order_items",
    description="Order lines in files of their own, with what else is known of their orders.",
    contract=OrderItem,
    key=("order_id", "line_ref"),
    date_column="dated_at",
    extra_date_columns=("refunded_at",),
    derive_key=True,
    derived_from=("v.order_id", "v.product_id", f"case when {_IS_RETURN} then coalesce(v.order_at::varchar, '-') end"),
    constant_columns=("product_id",),
    rules=(lambda settings: "(v.unit_price is not null or v.amount is not null)",),
    owner="team:commerce",
)
