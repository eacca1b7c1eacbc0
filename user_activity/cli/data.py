"""``simulate`` and ``land``: put files into the incoming folder."""

import os
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from user_activity.cli import output
from user_activity.cli.output import Bars, JsonOption, Problem
from user_activity.settings import Settings

Days = Annotated[int, typer.Option(min=1, help="Days to simulate.")]
Events = Annotated[int, typer.Option(min=1, help="Total number of events.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same files.")]
Messy = Annotated[float, typer.Option(min=0.0, max=0.5, help="Share of invalid records to add.")]
Start = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")]
Out = Annotated[Path | None, typer.Option(help="Write the files to this folder and do not land them.")]
FIRST_DAY = "2025-01-01"


def add_commands(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(simulate)
    app.command()(land)


def simulate(
    days: Days = 365,
    events: Events = 250_000,
    seed: Seed = 42,
    messy: Messy = 0.01,
    start: Start = datetime.fromisoformat(FIRST_DAY),
    out: Out = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate an online shop's activity, including invalid records, and land the files.

    Example: user-activity simulate --days 30 --events 20000
    """
    settings = output.settings()
    with output.bars(quiet=as_json) as bars:
        made = simulate_into(settings, out, days, events, seed, messy, start.date(), bars)
    if as_json:
        output.print_json(made)
        return
    output.answer.print(
        f"{output.counted(made['files'], 'file')} in {made['folder']}: {output.counted(made['events'], 'event')}, "
        f"{output.counted(made['orders'], 'order')}, {output.counted(made['users'], 'user')}, "
        f"{output.counted(made['broken_records'], 'invalid record')}.",
        markup=False,
    )
    if out is None:
        output.prose.print("Next: user-activity run")


def simulate_into(
    settings: Settings, out: Path | None, days: int, events: int, seed: int, messy: float, start: date, bars: Bars
) -> dict[str, Any]:
    """Simulate, and land the files unless ``out`` is given; returns the summary as plain values."""
    from user_activity.ingest.landing import incoming
    from user_activity.simulate import simulate as imagine

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".simulated-", dir=settings.data_dir) as scratch:
        folder = out or Path(scratch) / "files"
        try:
            made = imagine(
                folder, start=start, days=days, events=events, seed=seed, messy=messy, progress=bars.under("simulate")
            )
        except ValueError as error:
            raise Problem(f"{error}.") from None
        new = 0
        if out is None:
            paths = sorted(path for path in folder.rglob("*") if path.is_file())
            for number, path in enumerate(paths, start=1):
                source, day = path.relative_to(folder).parts[:2]
                new += not incoming.land(settings, path, source, date.fromisoformat(day)).already_landed
                bars.tell("land", number, len(paths))
    return {
        "folder": str(out or settings.incoming_dir),
        "files": sum(made.files.values()),
        "files_new": new,
        "first_day": made.start,
        "last_day": made.end,
        "events": made.events,
        "sessions": made.sessions,
        "users": made.users,
        "orders": made.orders,
        "broken_records": sum(made.rejected.values()),
    }


def land(
    files: Annotated[list[Path], typer.Argument(help="The files to land.", show_default=False)],
    source: Annotated[str, typer.Option(help="The source of the files, such as events, orders or order_items.")],
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The landing date; default: today."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Copy files into the incoming folder; each copy is atomic.

    Example: user-activity land export.csv.gz --source events --date 2026-01-31
    """
    from user_activity.ingest.landing import incoming
    from user_activity.sources import SOURCES

    if source not in SOURCES:
        raise Problem(f"Unknown source {source!r}: choose one of {', '.join(SOURCES)}.")
    for path in files:
        if not path.is_file() or not os.access(path, os.R_OK):
            raise Problem(f"{path} is not a readable file: nothing was landed.")
    settings = output.settings()
    if day and incoming.nearest_partition(settings, day.date()) != day.date():
        raise Problem(
            f"--date {day.date()} is no landing date: choose one from {settings.start_date} (the start date) to "
            "tomorrow. Nothing was landed."
        )
    results = [incoming.land(settings, path, source, day.date() if day else None) for path in files]
    if as_json:
        output.print_json([asdict(result) for result in results])
        return
    for path, result in zip(files, results, strict=True):
        what = "was already landed" if result.already_landed else f"landed as {result.path}"
        output.answer.print(f"{path} {what}", markup=False)
    output.prose.print("Next: user-activity run")
