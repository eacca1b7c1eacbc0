"""``simulate`` and ``land``: putting files where the platform looks for them."""

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
Events = Annotated[int, typer.Option(min=1, help="Events in all.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same files.")]
Messy = Annotated[float, typer.Option(min=0.0, max=0.5, help="Share of broken records that come on top.")]
Start = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")]
Out = Annotated[Path | None, typer.Option(help="Write the files here, and land nothing.")]
FIRST_DAY = "2025-01-01"


def add_commands(app: typer.Typer) -> None:
    """Hang the commands into the application."""
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
    """Make up a shop's activity, mess included, and land its files.

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
        f"{output.counted(made['broken_records'], 'broken record')}.",
        markup=False,
    )
    if out is None:
        output.prose.print("Next: user-activity run")


def simulate_into(
    settings: Settings, out: Path | None, days: int, events: int, seed: int, messy: float, start: date, bars: Bars
) -> dict[str, Any]:
    """Simulate into a folder, and land its files unless it is the user's own; the summary as plain values."""
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
    source: Annotated[str, typer.Option(help="What they hold: events, orders, products, users or reviews.")],
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The landing date; today when left out."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put files into incoming, each of them whole or not at all.

    Example: user-activity land export.csv.gz --source events --date 2026-01-31
    """
    from user_activity.ingest.landing import incoming
    from user_activity.sources import SOURCES

    if source not in SOURCES:
        raise Problem(f"There is no source {source!r}: choose one of {', '.join(SOURCES)}.")
    for path in files:
        if not path.is_file() or not os.access(path, os.R_OK):
            raise Problem(f"{path} is not a file that can be read: nothing was landed.")
    settings = output.settings()
    results = [incoming.land(settings, path, source, day.date() if day else None) for path in files]
    if as_json:
        output.print_json([asdict(result) for result in results])
        return
    for path, result in zip(files, results, strict=True):
        what = "was landed already" if result.already_landed else f"landed as {result.path}"
        output.answer.print(f"{path} {what}", markup=False)
    output.prose.print("Next: user-activity run")
