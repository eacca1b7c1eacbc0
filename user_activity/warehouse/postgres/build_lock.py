"""Runs that build at the same time on one server: whose turn it is to plan, and who builds.

A run plans, and writes what plans start from, while it holds the turn; then the next one may. What a session is at, its
name says, so that ``pg_stat_activity`` shows operators and other runs who builds, and forgets those who are gone. Only
names of the owner's sessions count, as a reader may take any.
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
    """A build beside others (see :class:`user_activity.warehouse.Build`)."""

    def __init__(self, connection: Connection, run_id: str, profile: Mapping[str, str], seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._run_id = run_id
        self._profile = profile

    @property
    def environment(self) -> Mapping[str, str]:
        """What dbt's profile and its plan read; asked for while it is this build's turn."""
        others = {*self._at_work(BUILDS), *self._at_work(PAUSES)} - {self._run_id}
        return {
            **self._profile,
            "USER_ACTIVITY_RUN_ID": self._run_id,
            "USER_ACTIVITY_OTHER_RUN_IDS": ",".join(sorted(others)),
        }

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, and have it until it is passed on or the session ends."""
        self._take()
        self._say(BUILDS)
        yield
        # A server that has let go of this session has let go of its turn: others may have planned meanwhile.
        fetch_one(self._connection, "select 1")

    def pass_on(self) -> None:
        """Let the next build plan."""
        self._execute("commit")

    def alone(self) -> bool:
        """Take the turn again and wait until those who build beside are through."""
        self.pass_on()
        # Of two that wait to be alone, each would wait for the other to end.
        self._say(PAUSES)
        self._take()
        waiting = Waiting("the warehouse", self._seconds)
        while others := set(self._at_work(BUILDS)) - {self._run_id}:
            waiting.for_(" and ".join(f"{BUILDS}{other}" for other in sorted(others)))
            time.sleep(POLL_SECONDS)
        self._say(BUILDS)
        return True

    def finished(self) -> None:
        """Leave no users to the next build."""
        with self._connection.cursor() as cursor:
            cursor.execute("delete from audit.rebuilt_users where run_id = %s", [self._run_id])
            cursor.execute("commit")

    def _take(self) -> None:
        """Begin a transaction that has the turn until it ends, however long the session is idle in it."""
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

    def _say(self, what: str) -> None:
        fetch_one(self._connection, "select set_config('application_name', %s, false)", [what + self._run_id])

    def _at_work(self, what: str) -> list[str]:
        with self._connection.cursor() as cursor:
            # Within a transaction the server would show the same sessions over and over.
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(
                "select application_name from pg_stat_activity "
                "where datname = current_database() and usename = session_user and starts_with(application_name, %s)",
                [what],
            )
            return [name.removeprefix(what) for (name,) in cursor.fetchall()]
