"""Shared output helpers: streams, value formatting and error messages.

Progress and messages go to stderr, results to stdout; with ``--json`` stdout holds exactly one document.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from user_activity.database_settings import database_variable
from user_activity.files import create_without
from user_activity.ingest.lake.freshness import StartDateTooLate
from user_activity.ingest.landing.configured_databases import DatabaseRejected, ExtractFailed, databases
from user_activity.ingest.reference_files import ReferenceRejected, references
from user_activity.ingest.validation.field_maps import FieldMapRejected, field_maps
from user_activity.misspelt_settings import misspelt_settings
from user_activity.orchestration.instance.database import InstanceUnreachable
from user_activity.settings import Settings, get_settings
from user_activity.sources import SourceRejected
from user_activity.warehouse import WarehouseBusy, WarehouseUnreachable, open_warehouse

ONE_SENTENCE = (
    SourceRejected, WarehouseBusy, WarehouseUnreachable, InstanceUnreachable, ExtractFailed, FileNotFoundError,
)  # fmt: skip
"""Errors whose message says all that a user needs."""
LEAST_KEY = 10**12  # longer numbers are keys, shown without separators
WIDEST_CELL = 100

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Show the logs of Dagster and dbt.")]

# Without a terminal, programs and logs read the output: use wide lines.
PIPED_WIDTH = 240
prose = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
answer = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)


class Exit(IntEnum):
    """Exit codes."""

    FINE = 0
    FAILED = 1
    USAGE = 2
    REJECTED = 3
    INTERRUPTED = 130


class Problem(Exception):
    """An error that the user can fix; the message is one sentence that says what is wrong and what to do."""

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.code = code


def settings() -> Settings:
    """The settings; raises ``Problem`` for an invalid setting or an invalid file that a setting names."""
    try:
        _warn_of_misspelt_settings()
        found_settings = get_settings()
        create_without(found_settings.umask)
        references(found_settings)
        field_maps(found_settings)
        databases(found_settings)
        if found_settings.warehouse == "postgres":
            open_warehouse(found_settings)  # this does not connect yet
        return found_settings
    except (ReferenceRejected, FieldMapRejected, DatabaseRejected, WarehouseUnreachable) as error:
        raise Problem(str(error)) from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)[0]
        name = f"{Settings.model_config['env_prefix']}{found['loc'][0]}".upper()
        reason = found["msg"].removeprefix("Value error, ")
        if found["loc"][0] == "databases":  # its value may hold a password
            raise Problem(f"{database_variable(found['loc'][1:]) or name} is wrong: {reason}.") from None
        raise Problem(f"{name} is {found['input']!r}: {reason}.") from None
    except SettingsError as error:
        name = str(error).split('"')[1] if '"' in str(error) else "A setting"
        prefix = str(Settings.model_config["env_prefix"])
        raise Problem(f"{f'{prefix}{name}'.upper()} cannot be read: it must be valid JSON.") from None


@cache
def _warn_of_misspelt_settings() -> None:
    """Warn once per command about misspelt settings, which would otherwise be ignored silently."""
    for name, nearest in misspelt_settings().items():
        prose.print(f"{name} is no setting and is ignored. Do you mean {nearest}?", style="yellow", markup=False)


def explain(error: Exception) -> int:
    """Print the error as one sentence; returns the exit code."""
    if isinstance(error, Problem):
        prose.print(str(error), style="red", markup=False)
        return error.code
    if isinstance(error, StartDateTooLate):
        prose.print(str(error), style="red", markup=False)
        return Exit.USAGE
    if isinstance(error, ONE_SENTENCE):
        prose.print(str(error), style="red", markup=False)
        return Exit.FAILED
    lines = str(error).strip().splitlines() or [type(error).__name__]
    try:
        where = f"full traceback: {_log(error)}"
    except OSError as unwritable:  # a full disk must be reported as well
        where = f"the log could not be written: {unwritable.strerror}; free disk space, then try again"
    prose.print(f"{lines[0]} ({where})", style="red", markup=False)
    return Exit.FAILED


def _log(error: Exception) -> Path:
    path = get_settings().data_dir / "logs" / "errors.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as log:
        log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {' '.join(sys.argv)}\n")
        log.writelines(traceback.format_exception(error))
    return path


def print_json(value: Any) -> None:
    """Print one JSON document to stdout."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return list(value) if isinstance(value, (set, frozenset, tuple)) else str(value)


def grid(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], console: Console = answer) -> None:
    """Print a table."""
    every = [list(row) for row in rows]
    table = Table(title=title or None, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(columns):
        figures = bool(every) and all(isinstance(row[number], (int, float, Decimal, type(None))) for row in every)
        table.add_column(name, justify="right" if figures else "left", overflow="fold")
    for row in every:
        table.add_row(*(shown(value) for value in row))
    console.print(table, markup=False)


def shown(value: Any) -> str:
    """Format a value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < LEAST_KEY else str(value)
    if isinstance(value, (float, Decimal)):
        return f"{value:,.2f}"
    text = visible(str(value))
    return text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"


def visible(text: str) -> str:
    """Untrusted text with non-printable characters escaped, so that it cannot control the terminal."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def visible_lines(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(map(visible, text.splitlines()))


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


@contextmanager
def bars(*, quiet: bool = False) -> Iterator["Bars"]:
    """Progress bars on stderr, removed when done; disabled without a terminal."""
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with (
        _uncaptured(),
        Progress(*columns, console=prose, transient=True, disable=quiet or not prose.is_terminal) as progress,
    ):
        yield Bars(progress)


@contextmanager
def _uncaptured() -> Iterator[None]:
    """Messages go to the stderr that the command started with: Dagster captures file descriptor 2 during a step."""
    try:
        own = os.dup(sys.stderr.fileno())
    except OSError:  # not a file, as in a test
        yield
        return
    with os.fdopen(own, "w", encoding=sys.stderr.encoding, errors="backslashreplace") as prose.file:
        try:
            yield
        finally:
            prose.file = None  # type: ignore[assignment]  # whatever sys.stderr is


class Bars:
    """One progress bar per task, created at its first update."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def tell(self, what: str, done: int, total: int) -> None:
        """Update the progress of a task."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        self._progress.update(self._tasks[what], completed=done, total=total)

    def under(self, heading: str) -> Callable[[str, int, int], None]:
        """A function like ``tell`` that prefixes task names with ``heading``."""
        return lambda what, done, total: self.tell(f"{heading} {what}", done, total)


def hush(*, verbose: bool) -> None:
    """Suppress the log output of libraries."""
    logging.captureWarnings(capture=True)
    if not verbose:
        import stamina

        logging.disable(logging.WARNING)
        stamina.instrumentation.set_on_retry_hooks([])  # the default hook prints each attempt to stdout
