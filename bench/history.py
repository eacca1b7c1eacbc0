"""Figures 3 and 4: a year in one run; one more day after a year, compared with the same day after a few days."""

import json
import shutil
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from bench.data import events_of_a_day, land, shop
from bench.figures import Figure, Workshop
from bench.measure import PROGRAM, child, command
from bench.metrics import sql_costs
from user_activity.settings import Settings


def year(workshop: Workshop) -> Iterator[Figure]:
    """All days in one run, as `make demo` builds them. The floor is the same SQL, run directly in DuckDB."""
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
    """The cost of one more day after a long history. The floor is a short history that ends on the same day."""
    folder = workshop.room("growth")
    dates, _ = child(shop, folder / "files", workshop.days - 1, (workshop.days - 1) * workshop.events_a_day)
    # No late rows, because they would rebuild days that only the long history has.
    for history, events, limit in ((4, workshop.events_a_day, 1.3), (30, workshop.events_of_a_busy_day, 1 / 0.8)):
        days = [dates[-1] + timedelta(days=number) for number in range(1, workshop.times + 1)]
        files = workshop.room(f"growth/{events}")
        for day in days:
            (files / str(day)).mkdir()
            child(events_of_a_day, files / str(day), events, day)
        long, _ = child(further_days, folder / "files", files, dates, days, files / "long")
        short, _ = child(further_days, folder / "files", files, dates[-history:], days, files / "short")
        name = f"day {workshop.days} beside day {history + 1}, {events:,} events on it"
        yield Figure(name, median(long), median(short), "s", limit, details={"each": long, "each, floor": short})


def further_days(landed: Path, further: Path, history: list[date], days: list[date], data_dir: Path) -> list[float]:
    """Build a history in one run, then each further day in its own run; return the seconds per further day."""
    from user_activity.orchestration.command_runs import open_runner

    settings = Settings(data_dir=data_dir, _env_file=None)
    land(landed, history, settings)
    seconds = []
    with open_runner(settings) as runner:
        runner.run_pending()
        for day in days:
            incoming = settings.incoming_dir / "events" / str(day)
            incoming.mkdir(parents=True)
            shutil.copy(further / str(day) / "events.jsonl", incoming)
            started = time.monotonic()
            outcome = runner.run_pending()
            seconds.append(round(time.monotonic() - started, 2))
            if not outcome.success:
                raise RuntimeError("\n".join(outcome.failures))
    return seconds
