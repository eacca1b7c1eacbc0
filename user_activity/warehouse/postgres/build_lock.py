"""Concurrent builds on one server: which run may plan, and which runs are building.

A run holds the turn while it plans and while it writes the tables that plans read; then the next run may plan. Each
session states in its ``application_name`` that its run builds. So ``pg_stat_activity`` shows operators and other runs
which builds are in progress, and ended sessions disappear from it. Only the owner's sessions count, as a reader may set
any name.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from user_activity.warehouse.postgres.connections import Connection, fetch_one
from user_activity.warehouse.postgres.locks import POLL_SECONDS, TAKE, Waiting

TURN = "plan"
BUILDS = "user-activity builds "
PAUSES = "user-activity pauses "


class SharedBuild:
    """A build that may run beside others (see :class:`user_activity.warehouse.Build`)."""

    def __init__(self, connection: Connection, run_id: str, profile: Mapping[str, str], seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._run_id = run_id
        self._profile = profile

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables for dbt's profile and build plan, to be read while this build holds the turn."""
        others = {*self._active_run_ids(BUILDS), *self._active_run_ids(PAUSES)} - {self._run_id}
        return {
            **self._profile,
            "USER_ACTIVITY_RUN_ID": self._run_id,
            "USER_ACTIVITY_OTHER_RUN_IDS": ",".join(sorted(others)),
        }

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and hold it until it is passed on or the session ends."""
        self._acquire_turn()
        self._announce(BUILDS)
        yield
        # If the server has closed this session, it has released the turn, and other runs may have planned: this query
        # fails.
        fetch_one(self._connection, "select 1")

    def pass_on(self) -> None:
        """Release the turn to the next build."""
        self._execute("commit")

    def alone(self) -> bool:
        """Take the turn again and wait until concurrent builds have finished."""
        self.pass_on()
        # Otherwise two builds that both want to be alone would wait for each other.
        self._announce(PAUSES)
        self._acquire_turn()
        waiting = Waiting("the warehouse", self._seconds)
        while others := set(self._active_run_ids(BUILDS)) - {self._run_id}:
            waiting.for_(" and ".join(f"{BUILDS}{other}" for other in sorted(others)))
            time.sleep(POLL_SECONDS)
        self._announce(BUILDS)
        return True

    def finished(self) -> None:
        """Clear this run's list of rebuilt users."""
        with self._connection.cursor() as cursor:
            cursor.execute("delete from audit.rebuilt_users where run_id = %s", [self._run_id])
            cursor.execute("commit")

    def _acquire_turn(self) -> None:
        """Begin a transaction that holds the turn until it ends, however long the session is idle in it."""
        self._execute("set idle_in_transaction_session_timeout = 0")
        waiting = Waiting("the turn to plan a build", self._seconds)
        self._execute("begin")
        while holder := fetch_one(self._connection, TAKE, [TURN, POLL_SECONDS]):
            self._execute("rollback")
            waiting.for_(holder)
            self._execute("begin")

    def _execute(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def _announce(self, what: str) -> None:
        fetch_one(self._connection, "select set_config('application_name', %s, false)", [what + self._run_id])

    def _active_run_ids(self, what: str) -> list[str]:
        with self._connection.cursor() as cursor:
            # Within a transaction, the server would otherwise return a cached list of sessions.
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(
                "select application_name from pg_stat_activity "
                "where datname = current_database() and usename = session_user and starts_with(application_name, %s)",
                [what],
            )
            return [name.removeprefix(what) for (name,) in cursor.fetchall()]
