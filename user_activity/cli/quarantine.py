"""``quarantine``: the records that were rejected, why, and how to get them out to mend them."""

import csv
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from user_activity.cli import output
from user_activity.cli.output import JsonOption, Problem
from user_activity.warehouse import Rows, open_warehouse

app = typer.Typer(help="Look at the records that were rejected, and why.", no_args_is_help=True)

COLUMNS = "source, landing_date, file_name, row_number, record, reasons, rules, state"

Source = Annotated[str | None, typer.Option(help="Only this source.")]
Rule = Annotated[str | None, typer.Option(help="Only records that broke this rule, like rating_out_of_range.")]
File = Annotated[str | None, typer.Option(help="Only records of files called so.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]
Target = Annotated[Path, typer.Argument(help="A .csv or .jsonl file, or - for stdout.", show_default=False)]


@app.command("list")
def list_rules(source: Source = None, as_json: JsonOption = False) -> None:
    """Count the rejected records by source and by what is wrong with them.

    Example: user-activity quarantine list --source orders
    """
    rows = _ask(
        "select source, rules, count(*) as rows, count(distinct file_name) as files, "
        "min(landing_date) as first_landed, max(landing_date) as last_landed, min(reasons) as for_example",
        "group by source, rules order by rows desc, source, rules",
        source=source,
    )
    _print(rows, as_json=as_json, nothing="The quarantine is empty.")


@app.command()
def show(
    source: Source = None, rule: Rule = None, file: File = None, limit: Limit = 20, as_json: JsonOption = False
) -> None:
    """Show rejected records: their text, their file and row, and every rule they broke.

    Example: user-activity quarantine show --source reviews --rule rating_out_of_range
    """
    rows = _ask(f"select {COLUMNS}", f"order by {COLUMNS} limit {limit}", source=source, rule=rule, file=file)
    _print(rows, as_json=as_json, nothing="No rejected record is like that.")


@app.command()
def export(target: Target, source: Source = None, rule: Rule = None, file: File = None) -> None:
    """Write rejected records into a file, to mend them and land them again.

    Example: user-activity quarantine export broken.jsonl --source events
    """
    rows = _ask(f"select {COLUMNS}", f"order by {COLUMNS}", source=source, rule=rule, file=file)
    if str(target) != "-" and target.suffix not in (".csv", ".jsonl"):
        raise Problem(f"{target} must end in .csv or .jsonl, or be - for JSON lines on stdout.")
    if str(target) == "-":
        _write(sys.stdout, rows, as_csv=False)
    else:
        with target.open("w", newline="", encoding="utf-8") as stream:
            _write(stream, rows, as_csv=target.suffix == ".csv")
    output.prose.print(f"{output.counted(len(rows.rows), 'record')} written to {target}", markup=False)


def _ask(columns: str, ending: str, **wanted: str | None) -> Rows:
    conditions = {
        "source": "source = ?",
        "rule": "contains(', ' || rules || ',', ', ' || ? || ',')",
        "file": "file_name = ?",
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    where = " and ".join(conditions[name] for name in given) or "true"
    sql = f"{columns} from audit.bad_records where {where} {ending}"
    return open_warehouse(output.settings()).query(sql, list(given.values()))


def _print(rows: Rows, *, as_json: bool, nothing: str) -> None:
    if as_json:
        output.print_json(rows.records())
    elif rows.rows:
        output.grid("", rows.columns, rows.rows)
    else:
        output.answer.print(nothing)


def _write(stream: Any, rows: Rows, *, as_csv: bool) -> None:
    if as_csv:
        writer = csv.writer(stream)
        writer.writerow(rows.columns)
        writer.writerows(rows.rows)
    else:
        stream.writelines(json.dumps(record, default=str, ensure_ascii=False) + "\n" for record in rows.records())
