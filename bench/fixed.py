"""Figures 5 and 7: the fixed cost of a run, and the cost of loading the code location.

The floor is the cost of importing the same libraries.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bench.data import DAY
from bench.figures import Figure, Workshop
from bench.measure import PROGRAM, command
from user_activity.settings import Settings

TIMED = "import time; started = time.monotonic(); {}; print(time.monotonic() - started)"
LOADING = TIMED.format("from user_activity.definitions import defs; defs()")
DAGSTER = TIMED.format("import dagster, dagster_dbt")
DAGSTER_AND_DBT = "import dagster, dagster_dbt, dbt.cli.main"


def one_row(workshop: Workshop) -> Iterator[Figure]:
    """`user-activity run` from a shell, on an existing warehouse, after one row has landed."""
    data_dir = workshop.room("fixed")
    _change(data_dir, 0)
    command([PROGRAM, "run"], data_dir)
    costs = []
    for number in range(1, workshop.times + 1):
        _change(data_dir, number)
        costs.append(command([PROGRAM, "run"], data_dir)[1])
    libraries = median(
        command([sys.executable, "-c", DAGSTER_AND_DBT], data_dir)[1].wall for _ in range(workshop.times)
    )
    _change(data_dir, workshop.times + 1)
    parts = json.loads(command([sys.executable, "-m", "bench.fixed", data_dir], data_dir)[0])
    wall, cpu = median(cost.wall for cost in costs), median(cost.cpu for cost in costs)
    yield Figure("a run that changes one row, from a shell", wall, libraries, "s", 5, True, {"CPU s": cpu, **parts})


def code_location(workshop: Workshop) -> Iterator[Figure]:
    """Importing the code location and resolving its definitions."""
    data_dir = workshop.room("location")
    times = range(workshop.times)
    loaded = median(float(command([sys.executable, "-c", LOADING], data_dir)[0]) for _ in times)
    libraries = median(float(command([sys.executable, "-c", DAGSTER], data_dir)[0]) for _ in times)
    yield Figure("load the code location", loaded, libraries, "s")


def parts_of_a_run(data_dir: Path) -> dict[str, float]:
    """Execute one run in this process; return the seconds of its parts."""
    started = time.monotonic()
    from user_activity.orchestration.command_runs import open_runner
    from user_activity.orchestration.dbt import runner as dbt
    from user_activity.orchestration.instance.storage import BatchedSqliteEventLogStorage as Log

    parts = {"imports": time.monotonic() - started}
    for name, room, function in (("dbt", dbt, "build"), ("events", Log, "store_event"), ("events", Log, "_rows")):
        setattr(room, function, _timed(getattr(room, function), parts, name))
    started = time.monotonic()
    with open_runner(Settings(data_dir=data_dir, _env_file=None)) as runner:
        parts["definitions"] = time.monotonic() - started
        outcome = runner.run_pending()
    seconds = dict(outcome.seconds)
    parts["ingest"] = sum(spent for job, spent in seconds.items() if job.startswith("ingest_"))
    parts["build, besides dbt"] = sum(seconds.values()) - parts["ingest"] - parts["dbt"]
    return {part: round(spent, 2) for part, spent in parts.items()}


def _timed(function: Callable[..., object], parts: dict[str, float], name: str) -> Callable[..., object]:
    def timed(*arguments: object, **named: object) -> object:
        started = time.monotonic()
        try:
            return function(*arguments, **named)
        finally:
            parts[name] = parts.get(name, 0.0) + time.monotonic() - started

    return timed


def _change(data_dir: Path, number: int) -> None:
    folder = data_dir / "incoming" / "events" / DAY.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    row = {"event_id": f"e{number}", "user_id": "u1", "event_type": "page_view", "event_at": f"{DAY}T10:00:00Z"}
    (folder / f"{number}.jsonl").write_text(json.dumps(row) + "\n")


if __name__ == "__main__":
    print(json.dumps(parts_of_a_run(Path(sys.argv[1]))))
