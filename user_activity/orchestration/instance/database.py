"""Dagster's own PostgreSQL, where the settings name one: its address, and the words where it lets nobody in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from user_activity.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

CONNECT_SECONDS = 10
DRIVERS = {"postgresql", "postgresql+psycopg2"}


class InstanceUnreachable(Exception):
    """Dagster's server does not answer or lets nobody in; the message says where, why and what to do."""


def address(settings: Settings) -> "URL":
    """The configured address; raises :class:`InstanceUnreachable` where it is none, without repeating it."""
    import sqlalchemy as db

    try:
        url = db.make_url(settings.dagster_url.get_secret_value() if settings.dagster_url else "")
        # A password with an @ or a / that is not written as %40 or %2F would be taken for the place, and shown.
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
    """A connection to the server; raises :class:`InstanceUnreachable` at once where there is none to be had."""
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
