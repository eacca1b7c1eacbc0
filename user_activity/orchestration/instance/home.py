"""Dagster's instance: its home folder, configuration and limits."""

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from user_activity import project
from user_activity.files import is_locked, write_texts
from user_activity.orchestration.instance.database import connected
from user_activity.orchestration.instance.environment import environment
from user_activity.orchestration.instance.process_locks import PROCESS_TAG, lock_of
from user_activity.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

TEMPLATE = project.ROOT / "dagster.yaml"
WORKSPACE = project.ROOT / "workspace.yaml"
EVENTS_IN_A_BATCH = "1000"
LATEST_RUNS = f"""
    select
        run_id, pipeline_name, lower(status), start_time, end_time,
        (
            select max(value) from run_tags where run_tags.run_id = runs.run_id and key = '{PROCESS_TAG}'
            and not exists (
                select 1 from run_tags as again where again.run_id = runs.run_id and again.key = 'dagster/parent_run_id'
            )
        )
    from runs where pipeline_name <> 'record_runs'
    order by id desc limit :number
"""
STARTING_SECONDS = 30  # until a daemon's run holds its lock


def prepare_home(settings: Settings) -> Path:
    """Write Dagster's configuration into its home if it is missing or differs, and set ``DAGSTER_HOME``."""
    home = settings.dagster_home
    wanted = TEMPLATE.read_text()
    target = home / "dagster.yaml"
    if not target.exists() or target.read_text() != wanted:
        write_texts({target: wanted})
    os.environ.update(DAGSTER_HOME=str(home), DAGSTER_EVENT_BATCH_SIZE=EVENTS_IN_A_BATCH)
    return home


def open_instance(settings: Settings) -> "dg.DagsterInstance":
    """Return the instance in the settings' home folder. Raises ``InstanceUnreachable`` if its server cannot be used."""
    prepare_home(settings)
    if settings.dagster_url:
        with connected(settings):  # fails at once with a clear message; Dagster would retry for long
            pass
    import dagster as dg

    from user_activity.orchestration.resources import WAREHOUSE_POOL, builders

    # Dagster creates the storage without access to these settings.
    url = settings.dagster_url.get_secret_value() if settings.dagster_url else ""
    with environment({"USER_ACTIVITY_DAGSTER_URL": url}):
        instance = dg.DagsterInstance.from_config(str(settings.dagster_home))
    # A new instance does not enforce the default pool limit on its first runs, but it does enforce an explicit one.
    instance.event_log_storage.set_concurrency_slots(WAREHOUSE_POOL, builders(settings))
    return instance


def latest_runs(settings: Settings, number: int) -> list[dict[str, Any]]:
    """Return the latest runs, except recordings, from Dagster's table of runs, without importing Dagster."""
    rows = (_runs_on_a_server if settings.dagster_url else _runs_in_a_file)(settings, number)
    return [
        {
            "job": job,
            "state": "killed" if state == "started" and _is_dead(settings, run_id, process, started) else state,
            "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds") if started else None,
            "seconds": round(ended - started, 1) if started and ended else None,
        }
        for run_id, job, state, started, ended, process in rows
    ]


def _is_dead(settings: Settings, run_id: str, process: str | None, started: float | None) -> bool:
    """Whether no process holds the lock of a started run. The daemon, or the next command, marks the run as failed."""
    if process is None and time.time() - (started or 0) < STARTING_SECONDS:
        return False
    return not is_locked(lock_of(settings, process or run_id))


def _runs_in_a_file(settings: Settings, number: int) -> Sequence[Sequence[Any]]:
    path = settings.dagster_home / "history" / "runs.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(LATEST_RUNS, {"number": number}).fetchall()


def _runs_on_a_server(settings: Settings, number: int) -> Sequence[Sequence[Any]]:
    import sqlalchemy as db

    with connected(settings) as connection:
        if not db.inspect(connection).has_table("runs"):
            return []
        return connection.execute(db.text(LATEST_RUNS), {"number": number}).fetchall()
