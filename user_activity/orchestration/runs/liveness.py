"""Unfinished runs: which are in progress, and which only seem to be because their process was killed.

A command tags its runs with the name of a file that it keeps locked. The lock is released when the process ends, in any
way, and every process that shares the data folder can see that. A process id would not do: it means nothing in
another container or on another machine, and may be reused.
"""

import atexit
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

import dagster as dg

from user_activity.files import is_locked, locked
from user_activity.orchestration.instance.process_locks import PROCESS_TAG, lock_of
from user_activity.settings import Settings

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


_held: dict[str, ExitStack] = {}


def hold(settings: Settings, run_id: str) -> None:
    """Hold the lock that says that a run is at work, until ``release`` or the end of this process."""
    if run_id not in _held:
        stack = _held[run_id] = ExitStack()
        lock = lock_of(settings, run_id)
        stack.enter_context(locked(lock))
        stack.callback(lock.unlink, missing_ok=True)
        atexit.register(release, run_id)


def release(run_id: str) -> None:
    """Release the lock of a run that has ended."""
    if stack := _held.pop(run_id, None):
        stack.close()


def is_at_work(settings: Settings, run_id: str) -> bool:
    """Return whether a process works on a run, whatever Dagster's instance says of it."""
    return is_locked(lock_of(settings, run_id))


@contextmanager
def process_lock(settings: Settings) -> Iterator[str]:
    """Hold a lock that is released at the latest when this process ends; yields its name, for ``PROCESS_TAG``."""
    lock = lock_of(settings, f"{os.getpid()}-{uuid4().hex}")
    with locked(lock):
        try:
            yield lock.name
        finally:
            lock.unlink(missing_ok=True)


def unfinished_runs(instance: dg.DagsterInstance, settings: Settings, job: str | None = None) -> list[dg.DagsterRun]:
    """Return the runs in progress. Marks those of killed commands as failed; the daemon checks only its own runs."""
    in_progress = []
    for run in instance.get_runs(dg.RunsFilter(job_name=job, statuses=UNFINISHED)):
        # A re-executed run keeps the tags of the original, but runs in another process.
        if run.parent_run_id or _is_alive(settings, run.tags.get(PROCESS_TAG)):
            in_progress.append(run)
        else:
            instance.report_run_failed(run, "The process of this run was killed.")
    return in_progress


def _is_alive(settings: Settings, process: str | None) -> bool:
    if process is None:
        return True
    lock = lock_of(settings, process)
    if is_locked(lock):
        return True
    lock.unlink(missing_ok=True)
    return False
