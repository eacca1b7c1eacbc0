"""User profiles: one record is one user's attributes as of ``updated_at``."""

from datetime import datetime
from typing import Annotated

from user_activity.sources.contracts.base import LANDING_DATE, Contract, Source, column
from user_activity.sources.contracts.times import Moment
from user_activity.sources.contracts.values import Identifier, Text


class User(Contract):
    """One user's attributes as of ``updated_at``."""

    user_id: Annotated[str, Identifier()] = column("The user.", "id", "customer_id", "userId")
    updated_at: Annotated[datetime | None, Moment(dated=True, clamped=True)] = column(
        "Since when the attributes are so, UTC; the start of the landing date where not given.",
        "modified_at", "last_updated", "updated_ts", "timestamp", "ts",
        fill=LANDING_DATE,
    )  # fmt: skip
    signed_up_at: Annotated[datetime | None, Moment()] = column(
        "When the user signed up, UTC.", "created_at", "signup_date", "signup_at", "registered_at", "registration_date",
        "joined_at", optional=True,
    )  # fmt: skip
    name: Annotated[str | None, Text()] = column("Name.", "full_name", "username", "display_name", optional=True)
    email: Annotated[str | None, Text()] = column("E-mail address.", "email_address", "mail", optional=True)
    country: Annotated[str | None, Text()] = column(
        "Country.", "location", "country_code", "address.country", "metadata.location", optional=True
    )
    device: Annotated[str | None, Text()] = column(
        "Kind of device.", "device_type", "metadata.device", "preferences.device", optional=True
    )
    language: Annotated[str | None, Text()] = column(
        "Language.", "locale", "lang", "preferences.language", optional=True
    )
    plan: Annotated[str | None, Text()] = column("Plan or tier.", "tier", "subscription", "segment", optional=True)
    acquisition_channel: Annotated[str | None, Text()] = column(
        "Channel that brought the user.", "channel", "source", "signup_channel", optional=True
    )


SOURCE = Source(
    name="users",
    description="User profiles, as of their last change.",
    contract=User,
    key=("user_id", "updated_at"),
    date_column="updated_at",
    owner="team:crm",
)
