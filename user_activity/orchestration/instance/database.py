"""Dagster's own PostgreSQL database, if configured: its address, connections, and error messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from user_activity.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

CONNECT_SECONDS = 10
DRIVERS = {"postgresql", "postgresql+psycopg2"}


class InstanceUnreachable(Exception):
    """Dagster's database server cannot be used; the message says where, why and what to do."""


def address(settings: Settings) -> "URL":
    """Return the configured address. Raises :class:`InstanceUnreachable`, without repeating it, if it is invalid."""
    import sqlalchemy as db

    try:
        url = db.make_url(settings.dagster_url.get_secret_value() if settings.dagster_url else "")
        # If @ or / in a password are not escaped, part of the password would be parsed as host or database, and shown.
        if url.drivername in DRIVERS and url.database and "@" not in f"{url.host}{url.database}":
            return url
    except (db.exc.ArgumentError, ValueError):
        pass
    raise InstanceUnreachable(
        "USER_ACTIVITY_DAGSTER_URL cannot be read: it must be like postgresql://user:password@host:5432/database, "
        "with %40 for an @ in a password and the like."
    )


@contextmanager
def connected(settings: Settings) -> "Iterator[Connection]":
    """Yield a connection to the server. Raises :class:`InstanceUnreachable`, without retries, if it fails."""
    import sqlalchemy as db

    url = address(settings)
    patience = {"connect_timeout": url.query.get("connect_timeout", CONNECT_SECONDS)}
    engine = db.create_engine(url, poolclass=db.NullPool, connect_args=patience)
    try:
        connection = engine.connect()
    except db.exc.OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0].rpartition("failed: ")[2].removeprefix("FATAL:").strip()
        raise InstanceUnreachable(
            f"PostgreSQL at {url.host}:{url.port or 5432}/{url.database} cannot be used for Dagster's runs: "
            f"{reason.rstrip('.')}. Start the server, or correct USER_ACTIVITY_DAGSTER_URL."
        ) from None
    with connection:
        yield connection
