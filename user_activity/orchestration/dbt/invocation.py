"""What the nodes of one dbt invocation share."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from user_activity.orchestration.date_ranges import Range, ranges
from user_activity.orchestration.dbt.prepared import MADE_ANEW, RUN_ID, Prepared


class Invocation:
    """What the nodes of one dbt invocation share: prepared texts, and the run's id, dates and standing tables.

    ``on_done`` is called per finished node, with its unique id and a line for the log: "" for a test that passed.
    """

    def __init__(self, prepared: Prepared, environment: Mapping[str, str], on_done: Callable[[str, str], None]) -> None:
        self.prepared = prepared
        self.on_done = on_done
        self.run_id = environment.get(RUN_ID, "")
        self._made_anew = set(environment.get(MADE_ANEW, "").split(","))
        self._lock = threading.RLock()
        self._days: list[Range] | None = None
        self._columns: dict[str, set[str]] = {}

    def days(self, adapter: Any, plan: str | None) -> list[Range]:
        """Return the dates that the run rebuilds, according to the plan's table."""
        with self._lock:
            if self._days is None:
                planned = fetched(adapter, f"select event_date from {plan} where run_id = '{self.run_id}'")
                self._days = ranges(day for (day,) in planned)
            return self._days

    def stands(self, adapter: Any, node: Any) -> bool | None:
        """Return whether the model's table has all the model's columns, and keeps the rows of other dates.

        None if there is no table.
        """
        with self._lock:
            if not self._columns:
                self._columns = _columns(adapter, "1 = 1")
        relation = f"{node.schema}.{node.name}"
        if relation not in self._columns:
            return None
        return relation not in self._made_anew and node.columns.keys() <= self._columns[relation]


def standing_columns(adapter: Any, node: Any) -> set[str]:
    """Return the columns that the model's table has now; none if there is no table."""
    relation = f"{node.schema}.{node.name}"
    where = f"table_schema = '{node.schema}' and table_name = '{node.name}'"
    return _columns(adapter, where).get(relation, set())


def _columns(adapter: Any, where: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    query = f"select table_schema || '.' || table_name, column_name from information_schema.columns where {where}"
    for relation, column in fetched(adapter, query):
        found.setdefault(relation, set()).add(column)
    return found


def cursor(adapter: Any) -> Any:
    """Return a cursor of the engine on this thread's connection: dbt's own would log each statement."""
    return adapter.connections.get_thread_connection().handle.cursor()


def fetched(adapter: Any, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    executed = cursor(adapter)
    executed.execute(sql)
    return list(executed.fetchall())
