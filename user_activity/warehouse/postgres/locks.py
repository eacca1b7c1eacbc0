"""Locks that only the owner can take, and that are released when their transaction or session ends.

They are rows of a table in ``raw``, where readers have no rights; PostgreSQL's advisory locks could be taken by anyone.
"""

import logging
import time

from psycopg2 import errors

from user_activity.warehouse import WarehouseBusy
from user_activity.warehouse.postgres.connections import Connection, fetch_one

TABLE = """
create schema if not exists raw;
create table if not exists raw._locks (name varchar collate "C" primary key)
"""
# Returns null if this transaction now has the lock; otherwise, after the given seconds, the session that has it.
FUNCTION = """
create or replace function raw._take(wanted varchar, seconds double precision) returns varchar language plpgsql as $$
declare
    patience timestamptz := clock_timestamp() + make_interval(secs => seconds);
    holder varchar;
begin
    insert into raw._locks values (wanted) on conflict do nothing;
    loop
        perform from raw._locks where name = wanted for update skip locked;
        if found then
            return null;
        end if;
        exit when clock_timestamp() >= patience;
        perform pg_sleep(0.05);
    end loop;
    perform pg_stat_clear_snapshot();
    select format(
        '%s (user %s, pid %s, since %s UTC)',
        coalesce(nullif(application_name, ''), 'a session without a name'), usename, pid,
        to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
    )
    into holder
    from raw._locks join pg_stat_activity on backend_xid = xmax
    where name = wanted;
    return coalesce(holder, 'a session that has just ended');
end
$$;
"""
TAKE = "select raw._take(%s, %s)"
SAY_AFTER_SECONDS = 3.0
POLL_SECONDS = 0.2

_log = logging.getLogger(__name__)


class Waiting:
    """A wait for a lock: logs the holder once, and raises after a timeout."""

    def __init__(self, what: str, seconds: float) -> None:
        self._what = what
        self._seconds = seconds
        self._began = time.monotonic()
        self._said = False

    def for_(self, holder: str) -> None:
        """Call while still waiting. Raises :class:`WarehouseBusy` after the timeout."""
        waited = time.monotonic() - self._began
        if waited >= self._seconds:
            raise WarehouseBusy(
                f"{self._what} is held by {holder}, and was waited for {self._seconds:g} s: run again when that has "
                "ended, end it with pg_terminate_backend, or raise USER_ACTIVITY_LOCK_TIMEOUT_SECONDS."
            )
        if waited >= SAY_AFTER_SECONDS and not self._said:
            _log.info("Waiting for %s, held by %s.", self._what, holder)
            self._said = True


def ensure_table(connection: Connection) -> None:
    """Create the table of locks if it is missing; retry if another process creates it at the same time."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(TABLE)
        except (errors.UniqueViolation, errors.DuplicateSchema, errors.DuplicateTable):
            cursor.execute(TABLE)


def take(connection: Connection, seconds: float, *names: str) -> None:
    """Wait for these locks and hold them until the transaction ends."""
    for name in sorted(names):
        waiting = Waiting(f"the lock on {name}", seconds)
        while holder := fetch_one(connection, TAKE, [name, POLL_SECONDS]):
            waiting.for_(holder)
