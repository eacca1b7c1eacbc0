"""Runs that are not over: which there are, and which of them only seem so because their process was killed.

A command of ours marks its runs with the name of a file that it keeps locked. The system lets go of the lock with the
process, however that ends, and all that share the data folder see it: the number of a process says nothing to another
container or machine, and may have gone to another process.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import dagster as dg

from user_activity.files import is_locked, locked
from user_activity.settings import Settings

PROCESS_TAG = "user_activity/process"  # the lock of the command that runs a job in its own process
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@contextmanager
def seen_to_live(settings: Settings) -> Iterator[str]:
    """Hold a lock for as long as this process lives; gives its name, for ``PROCESS_TAG``."""
    lock = _locks(settings) / f"{os.getpid()}-{uuid4().hex}"
    with locked(lock):
        try:
            yield lock.name
        finally:
            lock.unlink(missing_ok=True)


def unfinished_runs(instance: dg.DagsterInstance, settings: Settings, job: str | None = None) -> list[dg.DagsterRun]:
    """The runs that go on; one whose process is gone is marked as failed. The daemon knows only of runs it launched."""
    going_on = []
    for run in instance.get_runs(dg.RunsFilter(job_name=job, statuses=UNFINISHED)):
        # A run that is executed again keeps the tags of the one before it, and is in another process.
        if run.parent_run_id or _is_alive(settings, run.tags.get(PROCESS_TAG)):
            going_on.append(run)
        else:
            instance.report_run_failed(run, "The process of this run was killed.")
    return going_on


def _is_alive(settings: Settings, process: str | None) -> bool:
    if process is None:
        return True
    lock = _locks(settings) / Path(process).name
    if is_locked(lock):
        return True
    lock.unlink(missing_ok=True)
    return False


def _locks(settings: Settings) -> Path:
    return settings.dagster_home / "commands"
