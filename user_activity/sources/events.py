"""User actions: one record is one action of a user."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from user_activity.sources.contracts.base import FORMATS, Contract, Source, column
from user_activity.sources.contracts.money import Currency
from user_activity.sources.contracts.times import Moment
from user_activity.sources.contracts.values import Amount, Identifier, OneOf, Text, Whole


def _nested(*names: str) -> tuple[str, ...]:
    return tuple(f"{parent}.{name}" for name in names for parent in ("metadata", "properties"))


class Event(Contract):
    """One user action."""

    event_id: Annotated[str | None, Identifier()] = column(
        "The event's own id; derived from the record where it has none.", "id", "uuid", optional=True
    )
    user_id: Annotated[str, Identifier()] = column(
        "Who acted.", "customer_id", "visitor_id", "userId", "distinct_id", "user", "user.id"
    )
    event_type: Annotated[str, OneOf(lambda settings: settings.event_types)] = column(
        "What the user did: a name of the event catalogue.", "action_type", "action", "event", "event_name", "eventType"
    )
    event_at: Annotated[datetime, Moment(dated=True)] = column(
        "When it happened, UTC.", "event_ts", "timestamp", "event_timestamp", "ts", "time", "event_time"
    )
    session_id: Annotated[str | None, Identifier()] = column(
        "The session, where the source knows it.", "session", "sessionId", *_nested("session_id"), optional=True
    )
    product_id: Annotated[str | None, Identifier()] = column(
        "The product acted on.", "item_id", "sku", *_nested("product_id"), optional=True
    )
    order_id: Annotated[str | None, Identifier()] = column(
        "The order it belongs to.", "transaction_id", *_nested("order_id"), optional=True
    )
    quantity: Annotated[int | None, Whole()] = column("Units.", "qty", *_nested("quantity"), optional=True)
    revenue: Annotated[Decimal | None, Amount()] = column(
        "Money taken, in the event's currency.", "amount", "value", *_nested("revenue", "amount"), optional=True
    )
    currency: Annotated[str | None, Currency()] = column(
        "ISO 4217 code of the revenue.", "currency_code", *_nested("currency"), optional=True, vital=True
    )
    page_url: Annotated[str | None, Text()] = column(
        "The page it happened on.", "url", "page", *_nested("page_url", "url", "page"), optional=True
    )
    referrer: Annotated[str | None, Text()] = column(
        "The page before.", "referer", "referrer_url", *_nested("referrer"), optional=True
    )
    device: Annotated[str | None, Text()] = column(
        "Kind of device.", *_nested("device", "device_type"), "device_type", optional=True
    )
    browser: Annotated[str | None, Text()] = column("Browser.", *_nested("browser"), optional=True)
    os: Annotated[str | None, Text()] = column("Operating system.", "operating_system", *_nested("os"), optional=True)
    user_agent: Annotated[str | None, Text()] = column(
        "The user agent, as sent.", "useragent", "ua", *_nested("user_agent"), optional=True
    )
    country: Annotated[str | None, Text()] = column(
        "Country.", "location", "country_code", *_nested("location", "country"), optional=True
    )
    channel: Annotated[str | None, Text()] = column("Marketing channel.", *_nested("channel"), optional=True)
    utm_source: Annotated[str | None, Text()] = column("UTM source.", *_nested("utm_source"), optional=True)
    utm_medium: Annotated[str | None, Text()] = column("UTM medium.", *_nested("utm_medium"), optional=True)
    utm_campaign: Annotated[str | None, Text()] = column("UTM campaign.", *_nested("utm_campaign"), optional=True)


SOURCE = Source(
    name="events",
    description="User actions: page views, searches, carts, purchases, all day long.",
    contract=Event,
    key=("event_id",),
    date_column="event_at",
    updated_column=None,
    derive_key=True,
    constant_columns=("user_id", "event_type", "event_at"),
    formats=(*FORMATS, ".log"),
    owner="team:product-analytics",
)
