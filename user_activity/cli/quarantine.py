"""``quarantine``: the records that were rejected, why, and how to get them out to mend them."""

from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from user_activity.cli import output
from user_activity.cli.output import JsonOption, Problem

if TYPE_CHECKING:
    from user_activity.ingest.quarantine import Selection

app = typer.Typer(help="Look at the records that were rejected, and why.", no_args_is_help=True)

Source = Annotated[str | None, typer.Option(help="Only this source.")]
Rule = Annotated[str | None, typer.Option(help="Only records that broke this rule, like rating_out_of_range.")]
Day = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Only this landing date.")]
File = Annotated[str | None, typer.Option(help="Only files of this name, or whose digest begins so.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
Target = Annotated[Path, typer.Argument(help="A .jsonl file to mend and land, or a .csv to read.", show_default=False)]


@app.command("list")
def list_rules(
    source: Source = None, rule: Rule = None, day: Day = None, file: File = None, as_json: JsonOption = False
) -> None:
    """Count the rejected records by the rule that they broke.

    Example: user-activity quarantine list --source orders
    """
    from user_activity.ingest import quarantine

    counts = quarantine.by_rule(output.settings(), _selection(source, rule, day, file))
    if as_json:
        output.print_json([asdict(count) for count in counts])
    elif counts:
        rows = [[count.source, count.rule, count.records, count.example] for count in counts]
        output.grid("Quarantined", ["source", "rule", "records", "for example"], rows)
        output.prose.print("Next: user-activity quarantine show --rule RULE, or export broken.jsonl --rule RULE")
    else:
        output.answer.print("No rejected record is like that.")


@app.command()
def show(
    source: Source = None,
    rule: Rule = None,
    day: Day = None,
    file: File = None,
    limit: Limit = 20,
    as_json: JsonOption = False,
) -> None:
    """Show rejected records: their text, their file and row, and every rule they broke.

    Example: user-activity quarantine show --source reviews --rule rating_out_of_range
    """
    from user_activity.ingest import quarantine

    records = list(islice(quarantine.records(output.settings(), _selection(source, rule, day, file)), limit))
    if as_json:
        output.print_json([asdict(record) for record in records])
        return
    for record in records:
        place = record.file_name if record.row_number is None else f"{record.file_name}, row {record.row_number:,}"
        output.answer.print(f"{record.source} landed {record.landing_date}: {place}", markup=False)
        for reason in record.reasons:
            output.answer.print(f"  {reason}", style="red", markup=False)
        shown = f"the whole file: {record.archived}" if record.row_number is None else output.shown(record.record)
        output.answer.print(f"  {shown}", style="dim", markup=False)
    if not records:
        output.answer.print("No rejected record is like that.")


@app.command()
def export(target: Target, source: Source = None, rule: Rule = None, day: Day = None, file: File = None) -> None:
    """Write rejected records into a file, to mend them and land them again.

    Example: user-activity quarantine export broken.jsonl --source events
    """
    from user_activity.ingest import quarantine

    if target.suffix not in (".csv", ".jsonl"):
        raise Problem(f"{target} must end in .jsonl (to mend and land again) or .csv (to read).")
    written = quarantine.export(output.settings(), target, _selection(source, rule, day, file))
    output.prose.print(f"{output.counted(written, 'record')} written to {target}", markup=False)


def _selection(source: str | None, rule: str | None, day: datetime | None, file: str | None) -> "Selection":
    from user_activity.ingest.quarantine import Selection
    from user_activity.sources import SOURCES

    if source is not None and source not in SOURCES:
        raise Problem(f"There is no source {source!r}: choose one of {', '.join(SOURCES)}.")
    return Selection(source, rule, day.date() if day else None, file)
