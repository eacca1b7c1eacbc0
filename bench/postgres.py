"""Figure 8: loading a large day's accepted rows into PostgreSQL, compared with psql's copy command.

Ours is the first step of every build: it copies the lake's Parquet parts into ``raw`` and their manifests into
``audit``. The floor copies a CSV file of the same rows into a table with the same columns and index.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.data import DAY, events_of_a_day
from bench.figures import Figure, Workshop
from bench.ingest import ours as ingested
from bench.measure import child
from user_activity.orchestration.ingested_lake import IngestedLake
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse
from user_activity_tests.postgres import BINARIES, running_server


def figures(workshop: Workshop) -> Iterator[Figure]:
    """Wall time of both, and our peak memory."""
    folder = workshop.room("postgres")
    child(events_of_a_day, folder, workshop.rows)
    child(ingested, folder / "events.parquet", folder / "data")
    ours, floors, megabytes = [], [], 0.0
    with running_server("-c shared_buffers=256MB -c max_wal_size=8GB") as server:
        for _ in range(workshop.times):  # the fastest counts, because the server's background work adds time
            url = server.fresh_database("bench")
            seconds, cost = child(loaded, folder / "data", url)
            ours.append(seconds)
            megabytes = max(megabytes, cost.megabytes)
            _psql(url, f"\\copy raw.events to '{folder}/events.csv' csv")
            _psql(url, "create table raw.floor (like raw.events including all)")
            with _seconds(floors):
                _psql(url, f"\\copy raw.floor from '{folder}/events.csv' csv")
    name = f"{workshop.rows:,} events of {DAY} into PostgreSQL"
    yield Figure(name, min(ours), min(floors), "s", 1.4, details={"each": ours, "floors": floors, "MB": megabytes})


def loaded(data_dir: Path, url: str) -> float:
    """Synchronise an empty warehouse with the lake; return the seconds."""
    settings = Settings(data_dir=data_dir, warehouse="postgres", warehouse_url=url, _env_file=None)
    warehouse = open_warehouse(settings)
    warehouse.prepare()
    seconds: list[float] = []
    with _seconds(seconds):
        warehouse.sync(IngestedLake(settings))
    return seconds[0]


@contextmanager
def _seconds(taken: list[float]) -> Iterator[None]:
    started = time.monotonic()
    yield
    taken.append(round(time.monotonic() - started, 2))


def _psql(url: str, command: str) -> None:
    subprocess.run([BINARIES / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", command, url], check=True)
