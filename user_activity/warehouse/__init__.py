"""The warehouse: one protocol, and one adapter an engine.

Belongs here: what every engine must offer to the rest of the platform, and the choice of the adapter.
Does not belong here: SQL that builds tables (``sql/``), and any import of a driver outside its adapter.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from user_activity.settings import Settings

MODEL_LAYERS = ("staging", "intermediate", "marts", "metrics", "audit")
"""The schemas of what is built, in the order in which it is."""
LAYERS = ("raw", *MODEL_LAYERS)
ONE_STATEMENT = "Only one statement that reads is allowed per call: select, with, values, show, explain or the like."
TOO_LONG = "it takes longer than {:g} s: ask for less, or raise USER_ACTIVITY_QUERY_TIMEOUT_SECONDS"


class StatementRefused(Exception):
    """A user's statement is no single one, or may do more than read; the message says what is allowed."""


class WarehouseBusy(Exception):
    """Another process holds the warehouse; the message says what to do."""


class WarehouseUnreachable(Exception):
    """The warehouse's server does not answer or lets nobody in; the message says where, why and what to do."""


@dataclass(frozen=True)
class Rows:
    """A query's answer: column names, and rows in the query's order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """The rows as dictionaries, one a row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class BuiltDate:
    """What an event date was last built from; ``begun_by`` is the run that is building it, or died while it did."""

    state: str | None
    begun_by: str | None = None

    def is_built_from(self, state: str) -> bool:
        """Whether its tables are those of a state in the lake."""
        return self.begun_by is None and self.state == state


class Lake(Protocol):
    """What a warehouse needs to know of the lake: which landing partitions there are, and what they hold."""

    def marks(self) -> Mapping[tuple[str, date], str]:
        """(source, landing date) of every landing partition, with a mark that changes when its content does."""

    def bad_records(self, keys: Iterable[tuple[str, date]]) -> Any:
        """What is and was rejected of these landing partitions, with the state of each record, as an Arrow stream.

        Its columns: ``source, landing_date, file_name, file_sha256, row_number, record, reasons, rules, state``.
        """

    def read_manifests(self, keys: Iterable[tuple[str, date]]) -> list[dict[str, Any]]:
        """The manifests of these landing partitions, as they are stored."""

    def raw_columns(self, source: str) -> Mapping[str, str]:
        """Columns of a source's parts, in order, with their SQL types."""

    def sources(self) -> Iterable[str]:
        """The names of all sources."""


class Build(Protocol):
    """A run's build of models, in turn with those of other runs where the engine lets several build at once."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What dbt's profile and its plan of the build read."""

    def pass_on(self) -> None:
        """Let the next run plan its build: what plans start from is written."""

    def alone(self) -> bool:
        """Wait until no other run builds, and keep others waiting; False where none ever builds beside this one."""

    def finished(self) -> None:
        """Leave nothing to take over: a build that does not come so far leaves its users to the next one."""


class Warehouse(Protocol):
    """What an engine must offer. Every method opens what it needs and lets go of it."""

    placeholder: str  # of a bound value in a statement

    def profile(self) -> dict[str, str]:
        """The environment that dbt's profile reads; the warehouse need not be there."""

    def prepare(self) -> dict[str, str]:
        """Create what is missing (files, schemas, audit tables, roles); the environment that dbt's profile reads."""

    def sync(self, lake: Lake) -> int:
        """Bring ``audit.landed_files``, ``audit.landed_dates``, ``audit.bad_records`` and ``raw.*`` up to the lake.

        Called while building, so that no other run's plan is made of one state and its tables of another.
        Returns how many landing partitions had changed since the last call.
        """

    def load(self, relation: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """Replace a small ``schema.table`` by these rows, in one transaction; ``columns`` gives names and SQL types."""

    def replace_rows(self, key: str, values: Sequence[str], tables: Mapping[str, Rows]) -> None:
        """In each ``schema.table`` put these rows in place of those whose ``key`` is one of ``values``, all at once."""

    def built_dates(self, patience_seconds: float = 3) -> Mapping[date, BuiltDate]:
        """The event dates that were ever built, or whose build has begun.

        Empty where nothing was built yet. Raises :class:`WarehouseBusy` while another process writes for longer.
        """

    def mark_built(self, run_id: str) -> None:
        """Note that a run has come to its end: its dates are built from the states that it planned with."""

    def building(self, run_id: str) -> AbstractContextManager[Build]:
        """Keep the warehouse open for writing while a run synchronises and dbt, in this process, builds.

        Waits for its turn. Raises :class:`WarehouseBusy` when that takes too long.
        """

    def ask(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run a user's statement, whatever its text, where it can read tables and do nothing else.

        Raises :class:`StatementRefused` unless the text is one statement that reads, and ``TimeoutError`` when it takes
        longer than the settings allow.
        """

    def ask_published(self, statement: str) -> Rows:
        """The same on what is published, for when another process holds the warehouse."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one read-only statement of the platform's own."""

    def row_counts(self, relation: str, date_column: str, dates: Iterable[date]) -> dict[date, int]:
        """Rows of ``schema.table`` by date, for the dates asked for (0 where there are none)."""

    def publish(self, relations: dict[str, str | None], dates: Iterable[date]) -> dict[str, int]:
        """Make ``schema.table`` relations what readers see; returns rows by relation.

        Readers of a server read its tables. An embedded engine writes Parquet below ``published/``: ``relations`` maps
        a relation to its date column, or to None for one file that is always replaced. Of a dated relation the given
        days are written, all that builds have replaced since the last call, and those whose file is missing. Every
        replacement is atomic.
        """

    def published_at(self, relation: str) -> str:
        """Where readers find a published ``schema.table``, as a URI without secrets."""

    def size_bytes(self) -> int:
        """What the warehouse takes on its disk."""

    def reading(self) -> AbstractContextManager[Any]:
        """Hold the warehouse open for several read-only queries."""


def open_warehouse(settings: Settings) -> Warehouse:
    """The adapter of the configured engine."""
    if settings.warehouse == "postgres":
        from user_activity.warehouse.postgres import PostgresWarehouse

        return PostgresWarehouse(settings)
    from user_activity.warehouse.duckdb import DuckDBWarehouse

    return DuckDBWarehouse(settings)
