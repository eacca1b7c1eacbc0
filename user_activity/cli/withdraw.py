"""``withdraw``: remove a file that was landed by mistake."""

import time
from datetime import date, datetime
from typing import Annotated

import typer

from user_activity.cli import output, runs
from user_activity.cli.interrupts import stoppable
from user_activity.cli.output import JsonOption, Problem, VerboseOption
from user_activity.cli.session import one_at_a_time, runner
from user_activity.settings import Settings

FileName = Annotated[str, typer.Argument(help="The file's name or digest prefix.", show_default=False)]
Source = Annotated[str, typer.Option(help="The source of the file, such as events, orders or order_items.")]
Day = Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The landing date of the file.")]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(stoppable(withdraw))


def withdraw(
    name: FileName, source: Source, day: Day, verbose: VerboseOption = False, as_json: JsonOption = False
) -> None:
    """Remove a landed file's rows from every table. The file is kept in the folder withdrawn.

    To replace the file, land the correct one as well. To undo, land the same file again.

    Example: user-activity withdraw clicks.jsonl --source events --date 2026-01-31
    """
    from user_activity.ingest.landing import incoming
    from user_activity.ingest.partition.withdraw import landed_as, move_out_of_archive
    from user_activity.sources import SOURCES

    if source not in SOURCES:
        raise Problem(f"Unknown source {source!r}: choose one of {', '.join(SOURCES)}.")
    settings, started = output.settings(), time.monotonic()
    with one_at_a_time(settings):
        entries = landed_as(settings, source, day.date(), name)
        if not entries:
            raise Problem(_not_found(settings, source, day.date(), name))
        move_out_of_archive(settings, source, day.date(), entries)
        with output.bars(quiet=as_json) as bars, runner(settings, bars, verbose=verbose) as ready:
            outcome = ready.replay({source: [day.date()]})
    summary = runs.summarise(settings, outcome, time.monotonic() - started)
    gone = [{"file": entry.file_name, "digest": entry.file_sha256, "rows": entry.rows_accepted} for entry in entries]
    if as_json:
        output.print_json({**summary, "withdrawn": gone})
    else:
        rows = [[each["file"], each["rows"], str(each["digest"])[:16]] for each in gone]
        output.grid("Withdrawn", ["file", "rows", "digest"], rows)
        runs.show(summary)
        output.prose.print(f"Kept in {incoming.withdrawn_folder(settings, source, day.date())}", markup=False)
    raise typer.Exit(runs.code_of(summary))


def _not_found(settings: Settings, source: str, day: date, name: str) -> str:
    from user_activity.ingest.lake import manifest

    found = [each.landing_date for each in manifest.all_of(settings, source) for e in each.files if e.file_name == name]
    dates = (
        f"it landed on {', '.join(map(str, found))}" if found else "`select * from audit.landed_files` lists all files"
    )
    return f"No file {name!r} of {source} landed on {day}: {dates}."
