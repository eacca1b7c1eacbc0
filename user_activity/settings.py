"""Every setting, read from the environment (prefix ``USER_ACTIVITY_``) and from ``.env``; the environment wins."""

import hashlib
import re
from collections.abc import Sequence
from datetime import date, time
from email.utils import getaddresses, quote
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, FilePath, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

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
    """Mail addresses, each with its name where it has one."""
    texts = [value] if isinstance(value, str) else [str(each) for each in value]
    found = [pair for pair in getaddresses(texts) if pair != ("", "")]
    for _, address in found:
        if not (address.isascii() and re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address)):
            raise ValueError("is one or more mail addresses in ASCII, separated by commas")
    return tuple(dict.fromkeys(f'"{quote(name)}" <{address}>' if name else address for name, address in found))


NameList = Annotated[tuple[str, ...], NoDecode]
Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses), NoDecode]
FieldMap = dict[str, str | dict[str, Any]]
Count = Annotated[int, Field(ge=0)]
Memory = Annotated[str, Field(pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")]
Seconds = Annotated[float, Field(ge=0)]


class Settings(BaseSettings):
    """One value of every setting. ``.env.example`` holds the same list, and a test keeps the two equal."""

    model_config = SettingsConfigDict(
        env_prefix="USER_ACTIVITY_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Field(Path("data"), description="The folder that everything written lives in.")
    warehouse: Literal["duckdb", "postgres"] = Field("duckdb", description="The engine of the warehouse.")
    warehouse_url: SecretStr | None = Field(None, description="A server's: postgresql://user:password@host:5432/name.")
    warehouse_reader: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = Field(
        "user_activity_reader",
        description="The server's role that may read marts, metrics and audit, and nothing else.",
    )
    warehouse_reader_password: SecretStr | None = Field(
        None, description="The password that this role logs in with; without one it cannot, and is for granting."
    )
    dagster_url: SecretStr | None = Field(None, description="A PostgreSQL for Dagster's runs; without, SQLite files.")

    start_date: date = Field(date(2025, 1, 1), description="The first partition; earlier events are rejected.")
    timezone: str = Field("UTC", description="The reporting time zone (IANA name) that dates are days of.")
    week_start: Literal["monday", "sunday"] = Field("monday", description="The first day of a week.")
    session_timeout_minutes: Annotated[int, Field(ge=1, le=1439)] = Field(
        30, description="Minutes of inactivity after which the next event opens a new session."
    )
    event_types: NameList = Field(EVENT_TYPES, description="The event catalogue, comma-separated.")
    order_statuses: NameList = Field(ORDER_STATUSES, description="The order states that are accepted, comma-separated.")
    payment_methods: NameList = Field(PAYMENT_METHODS, description="The payment methods that are accepted.")
    default_currency: str = Field("USD", description="The ISO 4217 currency of amounts that name none.")

    reporting_currency: str | None = Field(
        None, description="The one currency that amounts are also given in, where rates say how; the default currency."
    )
    rates_file: FilePath | None = Field(None, description="A CSV of exchange rates: currency,rate_date,rate.")
    funnels_file: FilePath | None = Field(
        None, description="A CSV that replaces the funnels: funnel,step,event_type,window_seconds."
    )

    events_field_map: FieldMap = Field({}, description='Column to field name, path, or {"const": value}, as JSON.')
    orders_field_map: FieldMap = Field({}, description="The same for orders.")
    products_field_map: FieldMap = Field({}, description="The same for products.")
    users_field_map: FieldMap = Field({}, description="The same for users.")
    reviews_field_map: FieldMap = Field({}, description="The same for reviews.")

    products_url: str | None = Field(None, description="The catalogue's HTTP address, read on Mondays.")
    products_page_size: Annotated[int, Field(ge=1)] = Field(100, description="Products asked for in one page.")
    http_timeout_seconds: Seconds = Field(10, description="Seconds to wait for one HTTP answer.")

    settle_seconds: Seconds = Field(2, description="Seconds a file must be unchanged before a sensor takes it.")
    max_line_bytes: Count = Field(16 * 1024**2, description="The longest record, in bytes, that a file may hold.")
    ingest_memory: Memory = Field("1GB", description="The memory that reading files may take.")
    warehouse_memory: Memory = Field(
        "4GB", description="The memory that building models may take on the embedded engine."
    )
    threads: Annotated[int, Field(ge=1)] = Field(2, description="Threads of the embedded engine; models built at once.")

    min_events_per_day: Count = Field(500, description="Fewer events on a day raise a warning.")
    max_events_per_day: Count = Field(2_000_000, description="More events on a day raise a warning.")
    min_orders_per_day: Count = Field(100, description="Fewer orders on a day raise a warning.")
    max_orders_per_day: Count = Field(500_000, description="More orders on a day raise a warning.")
    volume_window_days: Annotated[int, Field(ge=2)] = Field(28, description="Days before that a day is compared with.")
    volume_max_deviation: Annotated[float, Field(gt=0)] = Field(
        0.5, description="Share by which a day's events may differ from the window's median before a warning."
    )
    run_timeout_seconds: Count = Field(7200, description="Seconds after which a run is ended and counted as failed.")

    alert_email_to: Addresses = Field((), description="Who gets alerts by e-mail, comma-separated; without, nobody.")
    alert_email_from: Annotated[Addresses, Field(max_length=1)] = Field(
        (), description="Who alerts come from; without, the first of those who get them."
    )
    smtp_host: str = Field("localhost", description="The mail server that takes alerts.")
    smtp_port: Annotated[int | None, Field(ge=1, le=65535)] = Field(
        None, description="The mail server's port; 25, 587 (starttls) or 465 (tls)."
    )
    smtp_security: Literal["none", "starttls", "tls"] = Field("starttls", description="How the connection is secured.")
    smtp_user: str | None = Field(None, description="The name to log in with; without, nobody logs in.")
    smtp_password: SecretStr | None = Field(None, description="Its password.")
    smtp_ca_file: FilePath | None = Field(
        None, description="Certificates (PEM) to trust the mail server by, instead of the system's."
    )
    alert_webhook_url: SecretStr | None = Field(
        None, description="Where alerts are posted to as JSON; without, nowhere."
    )
    alert_owners: dict[str, Addresses] = Field(
        {}, description="Who gets the alerts of an owner's assets by e-mail: owner to addresses, as JSON."
    )
    alert_on_warnings: bool = Field(False, description="Whether a check that only warns raises an alert, too.")
    alert_repeat_hours: Annotated[float, Field(ge=0)] = Field(
        6, description="Hours in which the same failure is counted instead of told again."
    )
    late_after: time | Literal["never"] = Field(
        time(6), description="The time of day (UTC) from which yesterday's data counts as late; or never."
    )
    late_sources: NameList = Field(
        ("events", "orders"), description="The sources that every day's data is expected of, comma-separated."
    )
    ui_url: Annotated[str, Field(pattern=r"^https?://\w")] = Field(
        "http://127.0.0.1:3000", description="The address of the Dagster UI, for links."
    )

    @field_validator("event_types", "order_statuses", "payment_methods", "late_sources", mode="before")
    @classmethod
    def _split_names(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        cleaned = tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip()))
        if not cleaned:
            raise ValueError("names at least one value, separated by commas")
        return cleaned

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is no IANA time zone, like Europe/Berlin") from None
        return value

    @field_validator("default_currency", "reporting_currency")
    @classmethod
    def _iso_currency(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Z]{3}", value):
            raise ValueError("is an ISO 4217 code of three capital letters, like EUR")
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def incoming_dir(self) -> Path:
        """Where files are dropped: ``incoming/<source>/[<date>/]<file>``."""
        return self.data_dir / "incoming"

    @property
    def archive_dir(self) -> Path:
        """Where originals are kept once their rows are safe."""
        return self.data_dir / "archive"

    @property
    def lake_dir(self) -> Path:
        """The raw layer: Parquet parts, quarantine and manifests by landing date."""
        return self.data_dir / "lake"

    @property
    def warehouse_dir(self) -> Path:
        """The embedded warehouse, or what is known of a server's; and the marks of what it has consumed."""
        folder = self.data_dir / "warehouse"
        if self.warehouse == "duckdb" or self.warehouse_url is None:
            return folder
        place = re.sub(r"^.*@|^.*//|\?.*$", "", self.warehouse_url.get_secret_value())
        return folder / f"{self.warehouse}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"

    @property
    def published_dir(self) -> Path:
        """Marts and metrics as Parquet, for readers that must never wait."""
        return self.data_dir / "published"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance: runs, events, sensor cursors."""
        return self.data_dir / "dagster"

    @property
    def alerts_dir(self) -> Path:
        """What alerts have told, and what they have yet to tell."""
        return self.data_dir / "alerts"

    @property
    def dbt_dir(self) -> Path:
        """What dbt writes: compiled models, results, logs."""
        return self.data_dir / "dbt"

    def field_map(self, source: str) -> FieldMap:
        """The field map of a source; empty for a source that has no such setting."""
        return getattr(self, f"{source}_field_map", {})

    def model_environment(self) -> dict[str, str]:
        """The settings that shape the models' figures, as the environment that dbt reads them from."""
        return {
            "USER_ACTIVITY_START_DATE": self.start_date.isoformat(),
            "USER_ACTIVITY_TIMEZONE": self.timezone,
            "USER_ACTIVITY_WEEK_START": self.week_start,
            "USER_ACTIVITY_SESSION_TIMEOUT_MINUTES": str(self.session_timeout_minutes),
            "USER_ACTIVITY_EVENT_TYPES": ",".join(self.event_types),
            "USER_ACTIVITY_PAYMENT_METHODS": ",".join(self.payment_methods),
            "USER_ACTIVITY_DEFAULT_CURRENCY": self.default_currency,
            "USER_ACTIVITY_REPORTING_CURRENCY": self.reporting_currency or self.default_currency,
            "USER_ACTIVITY_FUNNELS_DIGEST": _digest(self.funnels_file),
            "USER_ACTIVITY_RATES_DIGEST": _digest(self.rates_file),
        }


def _digest(path: Path | None) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path else ""


def get_settings() -> Settings:
    """Read the settings as they are now."""
    return Settings()
