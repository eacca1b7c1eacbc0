"""Storage of Dagster's runs, events and schedules: SQLite files, or a PostgreSQL server if configured.

The event log is optimised for runs over many partitions. A run over 365 days of 20 assets writes about 15,000 events.
Dagster's own logs open a connection and commit per planned event, and the SQLite one writes each event twice.
These write a batch in one transaction. They receive one planned event per range, and write the same row per partition
as Dagster. The SQLite one keeps its connections open.
"""

import os
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import sqlalchemy as db
from dagster import DagsterEvent, DagsterEventType, Field, StringSource
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, AssetMaterializationPlannedData
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage, SqlEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from dagster_postgres.utils import DagsterPostgresException

from user_activity.files import create_without
from user_activity.orchestration.instance.database import address, connected
from user_activity.settings import get_settings

BATCHED = {DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_MATERIALIZATION_PLANNED}
ANY_KEY = "{partition}"
INSERT = SqlEventLogStorageTable.insert()


class PlatformStorage(DagsterSqliteStorage):
    """Dagster's own SQLite files for runs and schedules, ours for events, in one home."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = BatchedSqliteEventLogStorage(base_dir)  # type: ignore[assignment]

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> DagsterStorage:  # type: ignore[override]
        settings = get_settings()
        create_without(settings.umask)
        if settings.dagster_url:
            # Read from the environment, so that the password is in no file and in no process argument.
            try:
                return ServerStorage(address(settings).render_as_string(hide_password=False), inst_data=inst_data)
            except DagsterPostgresException:
                with connected(settings):  # raises a clear error message
                    raise
        home = os.environ.get("DAGSTER_HOME") or str(settings.dagster_home)
        return cls.from_local(**{"base_dir": home, **config_value}, inst_data=inst_data)


class ServerStorage(DagsterPostgresStorage):
    """Dagster's own tables on a PostgreSQL server, with batched events."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._event_log_storage = BatchedPostgresEventLogStorage(postgres_url)


class BatchedEventLog(SqlEventLogStorage):
    """One transaction per batch, and one planned event per range."""

    @property
    def supports_partition_subset_in_asset_materialization_planned_events(self) -> bool:
        """Accept one planned event per range; see `_rows`."""
        return True

    @property
    def supports_asset_checks(self) -> bool:
        """Always True; Dagster would query whether the table exists on each check event."""
        return True

    def store_event(self, event: EventLogEntry) -> None:
        """Store one event. Those that are of no asset need one row, and Dagster compiles a statement for each."""
        kind = event.dagster_event_type
        if kind in BATCHED:
            self.store_event_batch([event])
        elif kind in ASSET_EVENTS:
            super().store_event(event)
        else:
            with self.run_connection(event.run_id) as connection:
                (number,) = self._insert(connection, [self._event_to_row(event)])
            if kind in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(event, number)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store planned and completed materialisations in one transaction, others one by one."""
        batched = [event for event in events if event.dagster_event_type in BATCHED]
        rows = [(event, row) for event in batched for row in self._rows(event)]
        if rows:
            with self.index_transaction() as connection:
                numbers = self._insert(connection, [row for _, row in rows])
                stored = [event for event, _ in rows]
                self._store_asset_event_tags(connection, stored, numbers)
                latest = {str(e.get_dagster_event().asset_key): (e, n) for e, n in zip(stored, numbers, strict=True)}
                # In a fixed order, so that two runs that write the same assets cannot deadlock.
                for _, (event, number) in sorted(latest.items()):
                    self._store_asset_event(connection, event, number)
        for event in events:
            if event.dagster_event_type not in BATCHED:
                super().store_event(event)

    def store_asset_check_event(self, event: EventLogEntry, event_id: int | None) -> None:
        """Store a check's event, except the plan of a range, which would be one row per partition and check.

        Dagster plans partitions even for unpartitioned checks, and a result can be stored without a plan.
        """
        planned = event.get_dagster_event().event_specific_data
        subset = planned.partitions_subset if isinstance(planned, AssetCheckEvaluationPlanned) else None
        if subset is None or len(subset) == 1:
            super().store_asset_check_event(event, event_id)

    @abstractmethod
    def _insert(self, connection: db.Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert rows into the event table; returns their ids in the same order."""

    def _rows(self, event: EventLogEntry) -> list[dict[str, Any]]:
        """Return the table's rows for an event: one per partition for a planned range, otherwise one."""
        data = event.get_dagster_event().event_specific_data
        if not isinstance(data, AssetMaterializationPlannedData) or data.partitions_subset is None:
            return [self._event_to_row(event)]
        planned = DagsterEvent.build_asset_materialization_planned_event(
            event.job_name or "", event.step_key or "", AssetMaterializationPlannedData(data.asset_key, ANY_KEY)
        )
        template = self._event_to_row(event._replace(dagster_event=planned))
        return [
            {**template, "partition": key, "event": template["event"].replace(ANY_KEY, key)}
            for key in data.partitions_subset.get_partition_keys()
        ]


class BatchedSqliteEventLogStorage(BatchedEventLog, ConsolidatedSqliteEventLogStorage):
    """One SQLite file, with open connections kept."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        # Dagster creates tables only if there is no file; a process killed meanwhile has left only some.
        if not self._has_all_tables():
            self._init_db()  # type: ignore[no-untyped-call]

    def _has_all_tables(self) -> bool:
        with self._connect() as connection:
            if not db.inspect(connection).has_table("alembic_version"):
                return False
            return connection.execute(db.text("select 1 from alembic_version")).first() is not None

    @cached_property
    def _engine(self) -> db.Engine:
        engine = db.create_engine(
            self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        )
        # The log is only history; the state is in the lake and the warehouse. So a commit need not
        # wait for the disk: only a power cut could lose the last events.
        db.event.listen(engine, "connect", lambda connection, _: connection.execute("pragma synchronous = normal"))
        return engine

    def dispose(self) -> None:
        """Close all connections."""
        super().dispose()  # type: ignore[no-untyped-call]
        self._engine.dispose()

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def _insert(self, connection: db.Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        connection.execute(INSERT, rows)
        last_id = connection.execute(db.text("select last_insert_rowid()")).scalar_one()
        return list(range(last_id - len(rows) + 1, last_id + 1))


class BatchedPostgresEventLogStorage(BatchedEventLog, PostgresEventLogStorage):
    """Dagster's own tables on a PostgreSQL server."""

    def _insert(self, connection: db.Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        numbered = SqlEventLogStorageTable.insert().returning(
            SqlEventLogStorageTable.c.id, sort_by_parameter_order=True
        )
        return list(connection.execute(numbered, rows).scalars())
