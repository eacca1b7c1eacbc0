"""User statements on the DuckDB file or on published Parquet: one statement, on a read-only connection."""

from collections.abc import Sequence
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb

from user_activity.settings import Settings
from user_activity.warehouse import ONE_STATEMENT, TOO_LONG, Rows, StatementRefused, WarehouseBusy
from user_activity.warehouse.duckdb.publishing import quoted

SELECT = duckdb.StatementType.SELECT
# DuckDB counts a pivot as several statements, because it first selects the column names.
ALLOWED = {SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI}
# A connection of its own, separate from others of this process, that cannot read Python variables as tables.
CONFIG: dict[str, Any] = {"custom_user_agent": "user-activity query", "python_enable_replacements": False}


def parsed(text: str) -> duckdb.Statement:
    """The only statement in the text. Raises :class:`StatementRefused` for several statements or one that may write."""
    try:
        found = duckdb.extract_statements(text)
    except duckdb.ParserException as error:
        raise StatementRefused(f"The statement cannot be read: {str(error).splitlines()[0]}.") from None
    if len(found) != 1 or found[0].type not in ALLOWED:
        raise StatementRefused(ONE_STATEMENT)
    return found[0]


def parsed_select(text: str) -> duckdb.Statement:
    """The same for published files: only a select is allowed."""
    statement = parsed(text)
    if statement.type != SELECT:
        raise WarehouseBusy("Published files can only be queried with a select: try again when the run has ended.")
    return statement


def answer(
    connection: duckdb.DuckDBPyConnection,
    statement: duckdb.Statement,
    parameters: Sequence[Any],
    settings: Settings,
    folder: Path,
) -> Rows:
    """The rows of a statement that may read the folder's files (see :meth:`user_activity.warehouse.Warehouse.ask`)."""
    _restrict(connection, statement, folder)
    seconds = settings.query_timeout_seconds
    clock = Timer(seconds, connection.interrupt)
    if seconds:
        clock.start()
    try:
        return fetched(connection.execute(statement, list(parameters)))
    except duckdb.InterruptException:
        raise TimeoutError(TOO_LONG.format(seconds)) from None
    except duckdb.PermissionException as error:
        raise StatementRefused(f"A statement can read tables, but no files: {str(error).splitlines()[0]}") from None
    finally:
        clock.cancel()


def fetched(cursor: duckdb.DuckDBPyConnection) -> Rows:
    """All rows of an executed statement."""
    return Rows(tuple(column[0] for column in cursor.description or ()), tuple(cursor.fetchall()))


def _restrict(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, folder: Path) -> None:
    """Restrict the connection to the folder's files, and only for a select. No statement can undo this."""
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")  # would be printed to stdout
    if statement.type == SELECT:
        connection.execute(f"set allowed_directories = ['{quoted(folder)}']")
    else:
        # An explained or pivoted statement may contain a copy, which could write wherever files may be opened.
        connection.execute("set temp_directory = ''")
    connection.execute("set enable_external_access = false; set lock_configuration = true")
