"""The warehouse: one protocol, and one adapter per engine.

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
"""The schemas of the dbt models, in build order."""
LAYERS = ("raw", *MODEL_LAYERS)
ONE_STATEMENT = "Only one statement that reads is allowed per call: select, with, values, show, explain or the like."
TOO_LONG = "it takes longer than {:g} s: ask for less, or raise USER_ACTIVITY_QUERY_TIMEOUT_SECONDS"


class StatementRefused(Exception):
    """A user's statement is not exactly one read-only statement; the message says what is allowed."""


class WarehouseBusy(Exception):
    """Another process holds the warehouse; the message says what to do."""


class WarehouseUnreachable(Exception):
    """The warehouse's server does not respond or refuses the login; the message says where, why and what to do."""


@dataclass(frozen=True)
class Rows:
    """The result of a query: column names, and rows in the query's order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        """One dictionary per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class BuiltDate:
    """The lake state from which an event date was last built; ``begun_by`` is the run whose build is unfinished."""

    state: str | None
    begun_by: str | None = None

    def is_built_from(self, state: str) -> bool:
        """Whether the last build finished and used this lake state."""
        return self.begun_by is None and self.state == state


class Lake(Protocol):
    """What a warehouse reads from the lake: the landing partitions and their content."""

    def marks(self) -> Mapping[tuple[str, date], str]:
        """A mark per landing partition (source, landing date); it changes when the partition's content does."""

    def bad_records(self, keys: Iterable[tuple[str, date]]) -> Any:
        """All records of these landing partitions that are or were rejected, with their states, as an Arrow stream.

        Its columns: ``source, landing_date, file_name, file_sha256, row_number, record, reasons, rules, state``.
        """

    def read_manifests(self, keys: Iterable[tuple[str, date]]) -> list[dict[str, Any]]:
        """The manifests of these landing partitions, as they are stored."""

    def raw_columns(self, source: str) -> Mapping[str, str]:
        """Columns of a source's parts, in order, with their SQL types."""

    def sources(self) -> Iterable[str]:
        """The names of all sources."""


class Build(Protocol):
    """A run's build of models. It takes turns with other runs if the engine allows several builds at once."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that dbt's profile and build plan read."""

    def pass_on(self) -> None:
        """Let the next run plan its build: the tables that plans read are written."""

    def alone(self) -> bool:
        """Wait until no other run builds, and block new builds; returns False if builds are never concurrent."""

    def finished(self) -> None:
        """Clear the list of rebuilt users. If a build fails before this call, the next build rebuilds these users."""


class Warehouse(Protocol):
    """What an engine must offer. Every method opens its own connection and closes it."""

    placeholder: str  # for bound values in a statement

    def profile(self) -> dict[str, str]:
        """The environment variables for dbt's profile; the warehouse need not exist."""

    def prepare(self) -> dict[str, str]:
        """Create missing files, schemas, audit tables and roles; returns the environment variables for dbt."""

    def kept_open(self, patience_seconds: float = 3) -> AbstractContextManager[None]:
        """Keep an embedded engine's file open in this process, so that each method connects to it in no time.

        Other processes cannot read the file meanwhile. Raises :class:`WarehouseBusy` if another process writes for
        longer than ``patience_seconds``.
        """

    def sync(self, lake: Lake) -> int:
        """Update ``audit.landed_files``, ``audit.landed_dates``, ``audit.bad_records`` and ``raw.*`` from the lake.

        Called within a build, so that no other run plans with one lake state and builds from another. Returns how many
        landing partitions had changed since the last call.
        """

    def load(self, relation: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """Replace the rows of a small ``schema.table``, in one transaction; ``columns`` maps names to SQL types."""

    def replace_rows(self, key: str, values: Sequence[str], tables: Mapping[str, Rows]) -> None:
        """In each ``schema.table``, replace the rows whose ``key`` is in ``values``, all in one transaction."""

    def built_dates(self, patience_seconds: float = 3) -> Mapping[date, BuiltDate]:
        """The event dates that were ever built, or whose build has begun.

        Empty if nothing was built yet. Raises :class:`WarehouseBusy` if another process writes for longer than
        ``patience_seconds``.
        """

    def mark_built(self, run_id: str) -> None:
        """Mark a run as finished: its dates are now built from the states that it planned with."""

    def building(self, run_id: str) -> AbstractContextManager[Build]:
        """Hold the warehouse open for writing while a run syncs the lake and dbt builds in this process.

        Waits for its turn. Raises :class:`WarehouseBusy` if that takes too long.
        """

    def ask(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run a user's statement, with no more rights than to read tables.

        Raises :class:`StatementRefused` unless the text is one read-only statement, and ``TimeoutError`` if it takes
        longer than the settings allow.
        """

    def ask_published(self, statement: str) -> Rows:
        """The same for published data, for use while another process holds the warehouse."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one read-only statement of the platform itself."""

    def row_counts(self, relation: str, date_column: str, dates: Iterable[date]) -> dict[date, int]:
        """Number of rows of ``schema.table`` per requested date (0 if there are none)."""

    def publish(self, relations: dict[str, str | None], dates: Iterable[date]) -> dict[str, int]:
        """Publish ``schema.table`` relations for readers; returns the number of rows per relation.

        On a server, readers read the tables themselves. An embedded engine writes Parquet below ``published/``:
        ``relations`` maps a relation to its date column, or to None for a single file that is always replaced. For a
        relation with a date column, it writes the given days, all days that were rebuilt since the last call, and days
        whose file is missing. Each file is replaced atomically.
        """

    def published_at(self, relation: str) -> str:
        """Where readers find a published ``schema.table``, as a URI without secrets."""

    def size_bytes(self) -> int:
        """The warehouse's size on disk in bytes."""

    def reading(self) -> AbstractContextManager[Any]:
        """Hold the warehouse open for several read-only queries."""


def open_warehouse(settings: Settings) -> Warehouse:
    """The adapter of the configured engine."""
    if settings.warehouse == "postgres":
        from user_activity.warehouse.postgres import PostgresWarehouse

        return PostgresWarehouse(settings)
    from user_activity.warehouse.duckdb import DuckDBWarehouse

    return DuckDBWarehouse(settings)
