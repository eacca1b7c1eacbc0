"""Dagster's instance: its home, its configuration, its limits.

Belongs here: what must be so before Dagster is imported or a run starts. Does not belong here: starting runs
(``run.py``). Imports Dagster only inside functions: its home must be set first.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from user_activity.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

TEMPLATE = Path(__file__).parents[2] / "dagster.yaml"
EVENTS_IN_A_BATCH = "1000"


def prepare_home(settings: Settings) -> Path:
    """Write Dagster's configuration into its home where it is missing or another, and point this process at it."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    wanted = TEMPLATE.read_text()
    target = home / "dagster.yaml"
    if not target.exists() or target.read_text() != wanted:
        fresh = home / f".dagster.yaml.{os.getpid()}"
        fresh.write_text(wanted)
        fresh.replace(target)
    os.environ.update(DAGSTER_HOME=str(home), DAGSTER_EVENT_BATCH_SIZE=EVENTS_IN_A_BATCH)
    return home


def open_instance(settings: Settings) -> "dg.DagsterInstance":
    """The instance at the settings' home."""
    prepare_home(settings)
    import dagster as dg

    from user_activity.orchestration.policies import WAREHOUSE_POOL

    instance = dg.DagsterInstance.from_config(str(settings.dagster_home))
    # The default limit of pools is not enforced for the first runs of a fresh instance; a limit that is set is.
    instance.event_log_storage.set_concurrency_slots(WAREHOUSE_POOL, 1)
    return instance
