"""``query``: run one read-only SQL statement on the warehouse."""

from typing import Annotated

import typer

from user_activity.cli import output
from user_activity.cli.output import Exit, JsonOption, Problem
from user_activity.settings import Settings
from user_activity.warehouse import Rows, StatementRefused, WarehouseBusy, WarehouseUnreachable, open_warehouse

Statement = Annotated[str, typer.Argument(metavar="SQL", help="One read-only SQL statement.", show_default=False)]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    # A statement may start with a comment (`--`), which looks like an option.
    app.command(context_settings={"ignore_unknown_options": True})(query)


def query(sql: Statement, as_json: JsonOption = False) -> None:
    """Run one read-only SQL statement on the warehouse and print the rows.

    Example: user-activity query "select activity_date, dau from metrics.daily_engagement order by 1 desc limit 7"
    """
    rows = ask(output.settings(), sql)
    if as_json:
        output.print_json(rows.records())
    else:
        output.grid("", rows.columns, rows.rows)
        output.prose.print(output.counted(len(rows.rows), "row"))


def ask(settings: Settings, sql: str) -> Rows:
    """The rows from the warehouse, or from the published files while another process writes the warehouse."""
    warehouse = open_warehouse(settings)
    try:
        try:
            return warehouse.ask(sql)
        except WarehouseBusy:
            output.prose.print("A run is writing the warehouse: the rows come from the last published files.")
            return warehouse.ask_published(sql)
    except StatementRefused as error:
        raise Problem(str(error)) from None
    except (FileNotFoundError, WarehouseBusy, WarehouseUnreachable):
        raise
    except Exception as error:  # noqa: BLE001 - every engine has its own errors
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise Problem(f"The statement failed in the warehouse: {reason}", Exit.FAILED) from None
