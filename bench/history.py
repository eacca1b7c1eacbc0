"""Figures 3 and 4: a year in one go; and a day on top of a year, beside the same day on top of a few."""

import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median

from bench.data import land, shop
from bench.figures import Figure, Workshop
from bench.measure import PROGRAM, child, command
from bench.metrics import sql_costs
from user_activity.settings import Settings

SHORT_HISTORY, DAYS_MEASURED = 4, 3


def year(workshop: Workshop) -> Iterator[Figure]:
    """All days in one go, as `make demo` does it, beside the same SQL straight in DuckDB."""
    folder = workshop.room("year")
    settings = Settings(data_dir=folder / "data", _env_file=None)
    size = ["--days", workshop.days, "--events", workshop.events_a_year]
    printed, _ = command([PROGRAM, "demo", "--json", *map(str, size)], settings.data_dir)
    parts: dict[str, float] = json.loads(printed)["seconds_by_part"]
    parts.pop("simulate and land")
    _, (statements, bare) = sql_costs(settings, folder)
    name = f"{workshop.events_a_year:,} events over {workshop.days} days, landed files to metrics"
    details = {**dict(sorted(parts.items(), key=lambda part: -part[1])), "SQL statements": statements}
    yield Figure(name, sum(parts.values()), bare.wall, "s", 45, of_ours=True, details=details)


def growth(workshop: Workshop) -> Iterator[Figure]:
    """What one more day costs, on a long history and on a short one; the same days, so only the history differs."""
    folder = workshop.room("growth")
    days = workshop.days - 1 + DAYS_MEASURED
    dates, _ = child(shop, folder / "files", days, days * workshop.events_a_day)
    measured = dates[-DAYS_MEASURED:]
    long, _ = child(one_more_day, folder / "files", dates[:-DAYS_MEASURED], measured, folder / "long")
    some = dates[-DAYS_MEASURED - SHORT_HISTORY : -DAYS_MEASURED]
    short, _ = child(one_more_day, folder / "files", some, measured, folder / "short")
    name = f"day {workshop.days} beside day {SHORT_HISTORY + 1}, {workshop.events_a_day:,} events a day"
    yield Figure(name, median(long), median(short), "s", 1.3, details={"each": long, "each, floor": short})


def one_more_day(files: Path, history: list[date], days: list[date], data_dir: Path) -> list[float]:
    """Build a history in one run; then the seconds of a run for each further day."""
    from user_activity.orchestration.run import open_runner

    settings = Settings(data_dir=data_dir, _env_file=None)
    land(files, history, settings)
    seconds = []
    with open_runner(settings) as runner:
        runner.settle()
        for day in days:
            land(files, [day], settings)
            started = time.monotonic()
            outcome = runner.settle()
            seconds.append(round(time.monotonic() - started, 2))
            if not outcome.success:
                raise RuntimeError("\n".join(outcome.failures))
    return seconds
