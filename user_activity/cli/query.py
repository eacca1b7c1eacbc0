"""``query``: run one read-only SQL statement on the warehouse."""

import re
from typing import Annotated

import typer

from user_activity.cli import output
from user_activity.cli.output import Exit, JsonOption, Problem
from user_activity.settings import Settings
from user_activity.warehouse import Rows, WarehouseBusy, WarehouseUnreachable, open_warehouse

READING = ("select", "with", "from", "values", "table", "show", "describe", "summarize", "explain", "pivot", "unpivot")
COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
WRITING = re.compile(r"\b(insert\s+into|update\s+\S+\s+set|delete\s+from|merge\s+into)\b", re.IGNORECASE)
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")

Statement = Annotated[str, typer.Argument(metavar="SQL", help="One read-only SQL statement.", show_default=False)]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    # A statement may begin with a comment, which looks like an option.
    app.command(context_settings={"ignore_unknown_options": True})(query)


def query(sql: Statement, as_json: JsonOption = False) -> None:
    """Run one read-only SQL statement on the warehouse and print the rows.

    Example: user-activity query "select activity_date, dau from metrics.daily_engagement order by 1 desc limit 7"
    """
    refuse_writing(sql)
    rows = ask(output.settings(), sql)
    if as_json:
        output.print_json(rows.records())
    else:
        output.grid("", rows.columns, rows.rows)
        output.prose.print(output.counted(len(rows.rows), "row"))


def refuse_writing(sql: str) -> None:
    """Raise ``Problem`` unless the text is one read-only statement."""
    # Quoted text goes first: a ; or -- in it is neither an end nor a comment.
    bare = COMMENTS.sub(" ", QUOTED.sub("''", sql)).strip().rstrip(";").strip()
    if not bare:
        raise Problem('The statement is empty: try user-activity query "select count(*) from marts.fct_events".')
    if ";" in bare:
        raise Problem("Only one statement per call is allowed: run the others separately.")
    verb = re.match(r"\(*\s*(\w*)", bare)
    if verb is None or verb.group(1).lower() not in READING or WRITING.search(bare):
        raise Problem("Only read-only statements are allowed: select, with, from, show, describe, explain.")


def ask(settings: Settings, sql: str) -> Rows:
    """The rows from the warehouse, or from the published files while another process writes the warehouse."""
    warehouse = open_warehouse(settings)
    try:
        try:
            return warehouse.query(sql)
        except WarehouseBusy:
            output.prose.print("A run is writing the warehouse: the rows come from the last published files.")
            return warehouse.query_published(sql)
    except (FileNotFoundError, WarehouseUnreachable):
        raise
    except Exception as error:  # noqa: BLE001 - every engine has its own errors
        reason = str(error).strip().splitlines()[0]
        raise Problem(f"The statement failed in the warehouse: {reason}", Exit.FAILED) from None
