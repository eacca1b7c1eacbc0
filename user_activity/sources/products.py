"""The product catalogue: one record is one product as of ``updated_at``."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from user_activity.sources.contracts.base import LANDING_DATE, Contract, Source, column
from user_activity.sources.contracts.money import Currency
from user_activity.sources.contracts.times import Moment
from user_activity.sources.contracts.values import Amount, Flag, Identifier, Text


class Product(Contract):
    """One product as of ``updated_at``."""

    product_id: Annotated[str, Identifier()] = column("The product.", "id", "sku", "item_id", "productId")
    name: Annotated[str, Text()] = column("Its name.", "title", "product_name")
    category: Annotated[str, Text()] = column("Its category.", "product_category", "category_name", "category.name")
    price: Annotated[Decimal, Amount()] = column("List price of one unit.", "unit_price", "list_price", "amount")
    currency: Annotated[str | None, Currency()] = column(
        "ISO 4217 code of the price.", "currency_code", optional=True, vital=True
    )
    brand: Annotated[str | None, Text()] = column("Its brand.", "manufacturer", "brand.name", optional=True)
    subcategory: Annotated[str | None, Text()] = column("Its finer category.", "sub_category", optional=True)
    is_active: Annotated[bool | None, Flag()] = column("Whether it is on sale.", "active", "available", optional=True)
    updated_at: Annotated[datetime | None, Moment(dated=True, clamped=True)] = column(
        "Since when the product is so, UTC; the start of the landing date where not given.",
        "modified_at", "last_updated", "updated_ts", "timestamp", "ts",
        fill=LANDING_DATE,
    )  # fmt: skip


SOURCE = Source(
    name="products",
    description="The product catalogue, weekly, by file or over HTTP.",
    contract=Product,
    key=("product_id", "updated_at"),
    date_column="updated_at",
    cadence="weekly",
    owner="team:commerce",
)
