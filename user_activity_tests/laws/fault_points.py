"""The points at which a run may be killed: around each commit, rename and move, and each step of the warehouse.

A run to kill is a child of the test's process, which has everything loaded: it costs what the run itself costs.
"""

import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any

from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

from user_activity.ingest.landing import incoming
from user_activity.orchestration.command_runs import open_runner
from user_activity.warehouse.duckdb import DuckDBWarehouse
from user_activity_tests.platform import Platform

STEPS = ("prepare", "sync", "load", "replace_rows", "publish", "mark_built")


def run(platform: Platform, killed_at: int | None = None) -> int | None:
    """What `user-activity run` does, killed at a point; the number of points it passed, or None if it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run(platform, killed_at, writing)
    os.close(writing)
    with os.fdopen(reading) as passed:
        said = passed.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert said, "the run failed"
    return int(said)


def _run(platform: Platform, killed_at: int | None, answer: int) -> None:
    try:
        points = _patched(killed_at)
        with open_runner(platform.settings) as runner:
            if runner.run_pending().success:
                os.write(answer, str(next(points)).encode())
    finally:
        os._exit(0)


def _patched(killed_at: int | None) -> "count[int]":
    """Have this process die at a point; the counter of points."""
    points = count()

    def point() -> None:
        if next(points) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def between(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **named: Any) -> Any:
            point()
            done = step(*arguments, **named)
            point()
            return done

        return stepped

    execute = DuckDBCursorWrapper.execute

    def executed(cursor: Any, sql: str, bindings: Any = None) -> Any:
        step = between(execute) if "COMMIT" in sql[:200] else execute
        return step(cursor, sql, bindings)

    setattr(DuckDBCursorWrapper, "execute", executed)  # noqa: B010 - in a process of its own
    setattr(os, "replace", between(os.replace))  # noqa: B010
    setattr(incoming, "move_to_archive", between(incoming.move_to_archive))  # noqa: B010
    for name in STEPS:
        setattr(DuckDBWarehouse, name, between(getattr(DuckDBWarehouse, name)))
    return points
