"""Runs that are not over: which there are, and which of them only seem so because their process was killed.

Belongs here: telling the two apart. Does not belong here: what follows from it (``sensors.py``, ``run.py``).
"""

import os

import dagster as dg

PROCESS_TAG = "user_activity/process"  # the process that a command of ours runs a job in
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def unfinished_runs(instance: dg.DagsterInstance, job: str | None = None) -> list[dg.DagsterRun]:
    """The runs that go on; one whose process is gone is marked as failed. The daemon knows only of runs it launched."""
    going_on = []
    for run in instance.get_runs(dg.RunsFilter(job_name=job, statuses=UNFINISHED)):
        # A run that is executed again keeps the tags of the one before it, and is in another process.
        if run.parent_run_id or _is_alive(run.tags.get(PROCESS_TAG)):
            going_on.append(run)
        else:
            instance.report_run_failed(run, "The process of this run was killed.")
    return going_on


def _is_alive(process: str | None) -> bool:
    if process is None:
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
