"""User statements on the server: one statement, with the reader's role, in a transaction that is never committed.

The driver sends text unchanged, and the server would run every statement in it, including a ``commit``. So the text is
sent as a value and the server opens a cursor for it: that works only for a single statement that returns rows.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from psycopg2 import errors
from psycopg2.extensions import cursor as Cursor  # noqa: N812 - it is a class
from psycopg2.sql import SQL, Identifier

from user_activity.settings import Settings
from user_activity.warehouse import ONE_STATEMENT, TOO_LONG, Rows, StatementRefused
from user_activity.warehouse.postgres.connections import Address

OPENED = """do 'declare asked refcursor := ''asked'';
begin open asked for execute current_setting(''user_activity.statement''); end'"""
# A statement could leave the reader's role in the owner's session, but not inside a security definer function. In the
# first function, the move executes statements that cannot be prepared, like explain. The second returns a query's rows.
FUNCTIONS = """
create function pg_temp.opened(statement text) returns boolean language plpgsql security definer as $$
declare
    asked refcursor := 'asked';
begin
    open asked for execute statement;
    close asked;
    begin
        execute 'prepare asked as ' || statement;
    exception
        when syntax_error then null;
    end;
    open asked for execute statement;
    move forward 0 from asked;
    return exists (select from pg_prepared_statements where name = 'asked');
end
$$;
create function pg_temp.answer(statement text) returns setof record language plpgsql security definer as $$
begin
    return query execute statement;
end
$$
"""
# The names of the result types, from the prepared statement if the server has them: for a domain, the cursor only
# describes the base type.
TYPES = """
select coalesce(
    (select to_jsonb(prepared) -> 'result_types' from pg_prepared_statements as prepared where name = 'asked'),
    (select jsonb_agg(format_type(kind, null) order by place) from unnest(%s::oid[]) with ordinality as _ (kind, place))
)
"""


def answer(address: Address, settings: Settings, statement: str, parameters: Sequence[Any]) -> Rows:
    """The rows of a user's statement (see :meth:`user_activity.warehouse.Warehouse.ask`)."""
    reader = settings.warehouse_reader
    login = address.of_reader(settings)
    with (login or address).session() as session, session.cursor() as cursor:
        text = cursor.mogrify(statement, list(parameters) or None).decode()
        if login is None:
            _begin_as_reader(cursor, reader)
        else:
            cursor.execute("begin")
        try:
            cursor.execute("set transaction read only")
            cursor.execute("select set_config('statement_timeout', %s, true)", [_milliseconds(settings)])
            return _run_as_reader(cursor, text) if login else _run_as_owner(cursor, text)
        except (errors.InvalidCursorDefinition, errors.ReadOnlySqlTransaction):
            raise StatementRefused(ONE_STATEMENT) from None
        except errors.InsufficientPrivilege as error:
            raise StatementRefused(
                f"{_first_line(error)}: a statement runs as {reader}, which reads marts, metrics and audit alone."
            ) from None
        except errors.QueryCanceled:
            raise TimeoutError(TOO_LONG.format(settings.query_timeout_seconds)) from None


def _begin_as_reader(cursor: Cursor, reader: str) -> None:
    """Begin a transaction in the owner's session that runs statements as the reader, if the owner may do that."""
    with suppress(errors.InsufficientPrivilege, errors.InvalidParameterValue):
        cursor.execute(SQL("set role {}").format(Identifier(reader)))
    try:
        cursor.execute("begin")
        cursor.execute(FUNCTIONS)
    except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction) as error:
        raise StatementRefused(
            f"{_first_line(error)}: set USER_ACTIVITY_WAREHOUSE_READER_PASSWORD, so that statements run as {reader}."
        ) from None


def _run_as_reader(cursor: Cursor, text: str) -> Rows:
    cursor.execute("select set_config('user_activity.statement', %s, true)", [text])
    cursor.execute(OPENED)
    cursor.execute("fetch all from asked")
    return Rows(_columns(cursor), tuple(cursor.fetchall()))


def _run_as_owner(cursor: Cursor, text: str) -> Rows:
    cursor.execute("select pg_temp.opened(%s)", [text])
    ((is_query,),) = cursor.fetchall()
    cursor.execute(f"fetch {0 if is_query else 'all'} from asked")
    columns, kinds = _columns(cursor), [column.type_code for column in cursor.description or ()]
    if is_query:
        cursor.execute(TYPES, [kinds])
        ((names,),) = cursor.fetchall()
        defined = ", ".join(f"column_{number} {name}" for number, name in enumerate(names))
        cursor.execute(f"select * from pg_temp.answer(%s) as answer ({defined})", [text])
    return Rows(columns, tuple(cursor.fetchall()))


def _columns(cursor: Cursor) -> tuple[str, ...]:
    return tuple(column.name for column in cursor.description or ())


def _milliseconds(settings: Settings) -> str:
    return str(round(settings.query_timeout_seconds * 1000))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
