"""``quarantine``: list, show, export and replay rejected records."""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from user_activity.cli import output, replay
from user_activity.cli.interrupts import stoppable
from user_activity.cli.output import JsonOption, Problem

if TYPE_CHECKING:
    from user_activity.ingest.quarantine import BadRecord, Selection
    from user_activity.ingest.quarantine import State as RecordState


class State(StrEnum):
    """The state of a quarantined record; ``any`` matches all states."""

    OPEN = "open"
    REPLAYED = "replayed"
    SUPERSEDED = "superseded"
    ANY = "any"


app = typer.Typer(
    help="List, show, export and replay quarantined records.",
    epilog="open: rejected; superseded: replaced by a corrected record; replayed: accepted in a later replay.",
    no_args_is_help=True,
)

Source = Annotated[str | None, typer.Option(help="Only this source.")]
Rule = Annotated[str | None, typer.Option(help="Only records that violate this rule, like rating_out_of_range.")]
Day = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Only this landing date.")]
File = Annotated[str | None, typer.Option(help="Only files with this name or digest prefix.")]
Found = Annotated[State, typer.Option("--state", help="Only records in this state.")]
Limit = Annotated[int, typer.Option(min=1, help="The maximum number of records.")]
Target = Annotated[
    Path, typer.Argument(help="A .jsonl file to correct and land again, or a .csv file to read.", show_default=False)
]
NONE = "No quarantined records match."


@app.command("list")
def list_rules(
    source: Source = None,
    rule: Rule = None,
    day: Day = None,
    file: File = None,
    state: Found = State.OPEN,
    as_json: JsonOption = False,
) -> None:
    """Count the quarantined records by violated rule.

    Example: user-activity quarantine list --source orders
    """
    from user_activity.ingest import quarantine

    counts = quarantine.by_rule(output.settings(), _selection(source, rule, day, file, state))
    if as_json:
        output.print_json([asdict(count) for count in counts])
    elif counts:
        rows = [[count.source, count.rule, count.records, count.example] for count in counts]
        output.grid(f"Quarantined, {state}", ["source", "rule", "records", "for example"], rows)
        output.prose.print(
            "Next: user-activity quarantine show --rule RULE; then export and correct them, or change the rule or "
            "setting that rejects them and replay"
        )
    else:
        output.answer.print(NONE)


@app.command()
def show(
    source: Source = None,
    rule: Rule = None,
    day: Day = None,
    file: File = None,
    state: Found = State.OPEN,
    limit: Limit = 20,
    as_json: JsonOption = False,
) -> None:
    """Show rejected records: their text, their file and row, and every violated rule.

    Example: user-activity quarantine show --source reviews --rule rating_out_of_range
    """
    from user_activity.ingest import quarantine

    found = quarantine.select(output.settings(), _selection(source, rule, day, file, state))
    records = list(islice(found, limit))
    if as_json:
        output.print_json([asdict(record) for record in records])
        return
    for record in records:
        _show(record)
    if not records:
        output.answer.print(NONE)


def _show(record: "BadRecord") -> None:
    place = f"{record.source} landed {record.landing_date}: {output.visible(record.file_name)}"
    place += f", row {record.row_number:,}, {record.quarantine_id}" if record.row_number else ""
    output.answer.print(f"{place} ({record.state})", markup=False)
    for reason in record.reasons:
        output.answer.print(f"  {output.visible(reason)}", style="red", markup=False)
    whole = f"rejected file: {output.visible(str(record.archived))}"
    output.answer.print(f"  {output.shown(record.record) if record.row_number else whole}", style="dim", markup=False)


@app.command()
def export(
    target: Target,
    source: Source = None,
    rule: Rule = None,
    day: Day = None,
    file: File = None,
    state: Found = State.OPEN,
    as_json: JsonOption = False,
) -> None:
    """Export rejected records to a file, to correct them and land them again.

    Each line of a .jsonl file names its record in _quarantine_id: keep that field, and correct the rest of the line.

    Example: user-activity quarantine export broken.jsonl --source events
    """
    from user_activity.ingest import quarantine
    from user_activity.ingest.quarantine.export import export as write

    if target.suffix not in (".csv", ".jsonl"):
        raise Problem(f"{target} must end in .jsonl (to correct and land again) or .csv (to read).")
    if target.exists():
        raise Problem(
            f"{target} already exists and may hold your corrections: choose another name, or remove it first."
        )
    settings, selection = output.settings(), _selection(source, rule, day, file, state)
    sources = [source] if source else sorted({count.source for count in quarantine.by_rule(settings, selection)})
    if target.suffix == ".jsonl" and len(sources) > 1:
        raise Problem(f"The records belong to several sources ({', '.join(sources)}): choose one with --source.")
    written = write(settings, target, selection)
    if as_json:
        output.print_json({"file": str(target), "records": written, "sources": sources if written else []})
    elif not written:
        output.answer.print(NONE)
    else:
        output.prose.print(f"{output.counted(written, 'record')} written to {target}", markup=False)
        if target.suffix == ".jsonl":
            landing = f"user-activity land {target} --source {sources[0]} && user-activity run"
            output.prose.print(f"Next: correct each line (keep its _quarantine_id), then {landing}", markup=False)


@app.command("replay")
@stoppable
def replay_command(
    source: Source = None,
    rule: Rule = None,
    day: Day = None,
    file: File = None,
    verbose: output.VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ingest the files of rejected records again with the current contract and settings, and build.

    Use it after a change to the event types, a field map or a contract. Records that are valid now are accepted,
    once; the others stay quarantined. All other files that were read with other settings are read again, too. The
    exit code is 3 while records stay rejected.

    Example: user-activity quarantine replay --source events --rule event_type_unknown
    """
    settings = output.settings()
    summary = replay.replay(settings, _selection(source, rule, day, file, State.OPEN), verbose=verbose, quiet=as_json)
    if as_json:
        output.print_json(summary)
    else:
        replay.show(summary)
    raise typer.Exit(replay.code_of(summary))


def _selection(
    source: str | None, rule: str | None, day: datetime | None, file: str | None, state: State
) -> "Selection":
    from user_activity.ingest.quarantine import Selection
    from user_activity.sources import SOURCES

    if source is not None and source not in SOURCES:
        raise Problem(f"Unknown source {source!r}: choose one of {', '.join(SOURCES)}.")
    wanted = cast("RecordState | None", None if state == State.ANY else state.value)
    return Selection(source, rule, day.date() if day else None, file, wanted)
