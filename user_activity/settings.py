"""Every setting, read from environment variables (prefix ``USER_ACTIVITY_``), then from ``.env``."""

import hashlib
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, FilePath, SecretStr
from pydantic_settings import SettingsConfigDict

from user_activity.database_settings import Database, WithDatabaseVariables
from user_activity.folders import Folders
from user_activity.setting_types import (
    EVENT_TYPES,
    MISSING_VALUES,
    ORDER_STATUSES,
    PAYMENT_HOSTS,
    PAYMENT_METHODS,
    Addresses,
    Count,
    CurrencyCode,
    EventTypes,
    Folder,
    Hosts,
    Memory,
    NameList,
    OrderStatuses,
    PaymentMethods,
    Seconds,
    Zone,
    named,
)
from user_activity.source_maps import SourceMaps


class Settings(Folders, WithDatabaseVariables):
    """All settings. ``.env.example`` has the same list; a test compares the two."""

    model_config = SettingsConfigDict(
        env_prefix="USER_ACTIVITY_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True,
        hide_input_in_errors=True,  # it may hold a password
    )  # fmt: skip

    data_dir: Folder = Field(Path("data"), description="The folder that holds all data the platform writes.")
    umask: Annotated[str, Field(pattern=r"^[0-7]{3}$")] = Field(
        "077", description="The permissions that new files and folders lack, as for umask; 077: all but the owner's."
    )
    warehouse: Literal["duckdb", "postgres"] = Field(
        "duckdb", description="The warehouse engine: duckdb (embedded) or postgres (a server)."
    )
    warehouse_url: SecretStr | None = Field(
        None, description="The warehouse server: postgresql://user:password@host:5432/name."
    )
    warehouse_reader: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")] = Field(
        "user_activity_reader",
        description="The PostgreSQL role with read-only access to marts, metrics and audit.",
    )
    warehouse_reader_password: SecretStr | None = Field(
        None, description="The password of the reader role; unset, the role cannot log in and can only be granted."
    )
    query_timeout_seconds: Seconds = Field(300, description="Seconds after which a user's query is ended; 0: no limit.")
    lock_timeout_seconds: Annotated[float, Field(ge=1)] = Field(
        3600, description="Seconds that a build waits for what another holds on the warehouse server."
    )
    dagster_url: SecretStr | None = Field(
        None, description="A PostgreSQL database for Dagster's storage; unset uses SQLite."
    )

    start_date: date = Field(date(2025, 1, 1), description="The first partition; earlier events are rejected.")
    timezone: Zone = Field("UTC", description="The reporting time zone (IANA name) that defines calendar days.")
    week_start: Literal["monday", "sunday"] = Field("monday", description="The first day of a week.")
    session_timeout_minutes: Annotated[int, Field(ge=1, le=1439)] = Field(
        30, description="Minutes of inactivity after which the next event opens a new session."
    )
    own_hosts: Hosts = Field(
        (), description="Your own hosts, comma-separated, each with its sub-domains: they are no source of traffic."
    )
    unwanted_referrals: Hosts = Field(
        PAYMENT_HOSTS,
        description="Hosts that visitors only return from, as after a payment: they are no source of traffic.",
    )
    attribution_window_days: Annotated[int, Field(ge=1, le=365)] = Field(
        90, description="Days before an order whose sessions it can be attributed to."
    )
    event_types: EventTypes = Field(EVENT_TYPES, description="The accepted event types, comma-separated; * for all.")
    order_statuses: OrderStatuses = Field(ORDER_STATUSES, description="The accepted order statuses, comma-separated.")
    payment_methods: PaymentMethods = Field(
        PAYMENT_METHODS, description="The accepted payment methods, comma-separated."
    )
    orders_without_lines: bool = Field(
        False, description="Whether orders without lines are accepted: with those of order_items, or else of the total."
    )
    field_maps_file: FilePath | None = Field(
        None,
        description="A YAML or TOML file with the map of each source: how its files are read, what its names mean, "
        "where columns come from; FIELD_MAPS overrides it.",
    )
    missing_values: NameList = Field(
        MISSING_VALUES, description="The texts that stand for a missing value, in any case, comma-separated."
    )
    default_currency: CurrencyCode = Field("USD", description="The ISO 4217 currency of amounts without a currency.")

    reporting_currency: CurrencyCode | None = Field(
        None, description="The currency that amounts are converted to where a rate exists; unset uses the default one."
    )
    holidays_file: FilePath | None = Field(None, description="A CSV of holidays: date,name; unset, no day is one.")
    rates_file: FilePath | None = Field(None, description="A CSV of exchange rates: currency,rate_date,rate.")
    funnels_file: FilePath | None = Field(
        None, description="A CSV that replaces the built-in funnels: funnel,step,event_type,window_seconds."
    )

    field_maps: SourceMaps = Field(
        {},
        description="A JSON object: the map of each source, in short the origin of each column: a field name, a path, "
        "a list or an object.",
    )

    products_url: str | None = Field(None, description="The URL of the product catalogue API, read on Mondays.")
    products_page_size: Annotated[int, Field(ge=1)] = Field(100, description="Products requested per page.")
    products_max_pages: Annotated[int, Field(ge=1)] = Field(
        1000, description="The number of pages after which the product catalogue is given up."
    )
    products_timeout_seconds: Seconds = Field(
        600, description="Seconds after which the product catalogue, all pages together, is given up."
    )
    http_timeout_seconds: Seconds = Field(10, description="Seconds to wait for an HTTP response.")
    databases: dict[str, Database] = Field(
        {},
        description="A JSON object: for each source, the database to extract it from; or USER_ACTIVITY_<SOURCE>_"
        "DATABASE_URL, _TABLE or _QUERY, _CURSOR, _OVERLAP and _CHUNK_ROWS.",
    )

    settle_seconds: Seconds = Field(2, description="Seconds a file must be unchanged before a sensor ingests it.")
    sensor_interval_seconds: Annotated[int, Field(ge=1)] = Field(
        10, description="Seconds between two ticks of the sensors for files and stale dates; thrice as many for alerts."
    )
    max_line_bytes: Count = Field(16 * 1024**2, description="The maximum size of one record, in bytes.")
    ingest_memory: Memory = Field("1GB", description="The memory limit for ingesting files.")
    warehouse_memory: Memory = Field("4GB", description="The memory limit for building models on the embedded engine.")
    threads: Annotated[int, Field(ge=1)] = Field(
        2, description="Threads of the embedded engine, and models built in parallel."
    )

    min_events_per_day: Count = Field(500, description="Fewer events per day raise a warning.")
    max_events_per_day: Count = Field(2_000_000, description="More events per day raise a warning.")
    min_orders_per_day: Count = Field(100, description="Fewer orders per day raise a warning.")
    max_orders_per_day: Count = Field(500_000, description="More orders per day raise a warning.")
    volume_window_days: Annotated[int, Field(ge=2)] = Field(
        28, description="Number of previous days that a day's volume is compared with."
    )
    volume_max_deviation: Annotated[float, Field(gt=0)] = Field(
        0.5, description="Share by which a day's events may differ from the window's median before a warning."
    )
    run_timeout_seconds: Count = Field(
        7200, description="Seconds after which a run is terminated and marked as failed."
    )

    alert_email_to: Addresses = Field(
        (), description="The recipients of e-mail alerts, comma-separated; unset disables e-mail."
    )
    alert_email_from: Annotated[Addresses, Field(max_length=1)] = Field(
        (), description="The sender of e-mail alerts; unset uses the first recipient."
    )
    smtp_host: str = Field("localhost", description="The SMTP server that sends alerts.")
    smtp_port: Annotated[int | None, Field(ge=1, le=65535)] = Field(
        None, description="The SMTP port; unset uses 25 (none), 587 (starttls) or 465 (tls)."
    )
    smtp_security: Literal["none", "starttls", "tls"] = Field("starttls", description="How the connection is secured.")
    smtp_user: str | None = Field(None, description="The SMTP user name; unset disables authentication.")
    smtp_password: SecretStr | None = Field(None, description="The SMTP password.")
    smtp_ca_file: FilePath | None = Field(
        None, description="CA certificates (PEM) that verify the SMTP server, instead of the system's."
    )
    alert_webhook_url: SecretStr | None = Field(
        None, description="The URL that alerts are posted to as JSON; unset disables the webhook."
    )
    alert_owners: dict[str, Addresses] = Field(
        {}, description="E-mail recipients by asset owner: a JSON object of owner to addresses."
    )
    alert_on_warnings: bool = Field(False, description="Whether a failed check of severity WARN also raises an alert.")
    alert_repeat_hours: Annotated[float, Field(ge=0)] = Field(
        6, description="Hours in which a repeated failure is counted and not alerted again."
    )
    late_after: time | Literal["never"] = Field(
        time(6), description="The time of day (UTC) after which missing data of yesterday is late; or never."
    )
    late_sources: NameList = Field(
        ("events", "orders"), description="The sources that must deliver data every day, comma-separated."
    )
    ui_url: Annotated[str, Field(pattern=r"^https?://\w")] = Field(
        "http://127.0.0.1:3000", description="The URL of the Dagster UI, used in links."
    )

    def model_environment(self) -> dict[str, str]:
        """The settings that affect model results, as environment variables for dbt."""
        return {
            "USER_ACTIVITY_START_DATE": self.start_date.isoformat(),
            "USER_ACTIVITY_TIMEZONE": self.timezone,
            "USER_ACTIVITY_WEEK_START": self.week_start,
            "USER_ACTIVITY_SESSION_TIMEOUT_MINUTES": str(self.session_timeout_minutes),
            "USER_ACTIVITY_OWN_HOSTS": ",".join(self.own_hosts),
            "USER_ACTIVITY_UNWANTED_REFERRALS": ",".join(self.unwanted_referrals),
            "USER_ACTIVITY_ATTRIBUTION_WINDOW_DAYS": str(self.attribution_window_days),
            "USER_ACTIVITY_EVENT_TYPES": ",".join(named(self.event_types, EVENT_TYPES)),
            "USER_ACTIVITY_PAYMENT_METHODS": ",".join(named(self.payment_methods, PAYMENT_METHODS)),
            "USER_ACTIVITY_DEFAULT_CURRENCY": self.default_currency,
            "USER_ACTIVITY_REPORTING_CURRENCY": self.reporting_currency or self.default_currency,
            "USER_ACTIVITY_FUNNELS_DIGEST": digest_of(self.funnels_file),
            "USER_ACTIVITY_RATES_DIGEST": digest_of(self.rates_file),
        }


def digest_of(path: Path | None) -> str:
    """A digest of a file's content; empty if no file is set."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path else ""


def get_settings() -> Settings:
    """Read the current settings."""
    return Settings()
