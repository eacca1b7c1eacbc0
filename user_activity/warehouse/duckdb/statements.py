"""What users ask of the file or of published Parquet: one statement, on a connection that can do nothing but read."""

from collections.abc import Sequence
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb

from user_activity.settings import Settings
from user_activity.warehouse import ONE_STATEMENT, TOO_LONG, Rows, StatementRefused, WarehouseBusy
from user_activity.warehouse.duckdb.publishing import quoted

SELECT = duckdb.StatementType.SELECT
# A pivot counts as several statements, as it asks for its columns first.
ALLOWED = {SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI}
# A connection that shares no settings with others of this process, and takes no table from Python's variables.
CONFIG: dict[str, Any] = {"custom_user_agent": "user-activity query", "python_enable_replacements": False}


def parsed(text: str) -> duckdb.Statement:
    """The one statement that the text holds; raises :class:`StatementRefused` for any other number or kind of them."""
    try:
        found = duckdb.extract_statements(text)
    except duckdb.ParserException as error:
        raise StatementRefused(f"The statement cannot be read: {str(error).splitlines()[0]}.") from None
    if len(found) != 1 or found[0].type not in ALLOWED:
        raise StatementRefused(ONE_STATEMENT)
    return found[0]


def parsed_select(text: str) -> duckdb.Statement:
    """The same for published files, of which explained statements could make others."""
    statement = parsed(text)
    if statement.type != SELECT:
        raise WarehouseBusy("Published files answer a select alone: try again when the run has ended.")
    return statement


def answer(
    connection: duckdb.DuckDBPyConnection,
    statement: duckdb.Statement,
    parameters: Sequence[Any],
    settings: Settings,
    folder: Path,
) -> Rows:
    """The rows of a statement that may read the folder's files (see :meth:`user_activity.warehouse.Warehouse.ask`)."""
    _lock(connection, statement, folder)
    seconds = settings.query_timeout_seconds
    clock = Timer(seconds, connection.interrupt)
    if seconds:
        clock.start()
    try:
        return fetched(connection.execute(statement, list(parameters)))
    except duckdb.InterruptException:
        raise TimeoutError(TOO_LONG.format(seconds)) from None
    except duckdb.PermissionException as error:
        raise StatementRefused(f"A statement reads tables and no files: {str(error).splitlines()[0]}") from None
    finally:
        clock.cancel()


def fetched(cursor: duckdb.DuckDBPyConnection) -> Rows:
    """All rows of an executed statement."""
    return Rows(tuple(column[0] for column in cursor.description or ()), tuple(cursor.fetchall()))


def _lock(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, folder: Path) -> None:
    """Let the connection open no file but those of the folder, for a select to read; no statement can undo it."""
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")  # a bar would go to stdout
    if statement.type == SELECT:
        connection.execute(f"set allowed_directories = ['{quoted(folder)}']")
    else:
        # An explained or pivoted statement may be a copy, which would write wherever files may be opened.
        connection.execute("set temp_directory = ''")
    connection.execute("set enable_external_access = false; set lock_configuration = true")
