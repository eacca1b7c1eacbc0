"""The platform as its users meet it, for tests: files into `incoming/`, runs through Dagster, tables out by query."""

import copy
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from user_activity.ingest.partition.withdraw import landed_as, move_out_of_archive
from user_activity.orchestration.command_runs import open_runner
from user_activity.orchestration.outcome import Outcome
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse

#: Columns that say where a record came from, not what it says: they differ when the same record is delivered otherwise.
LINEAGE = ("is_late", "_landing_date", "_source_file", "_file_sha256", "_row_number")


class Platform:
    """One instance in a folder of its own."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self.settings = Settings(_env_file=None, data_dir=data_dir, **settings)

    def copied_to(self, folder: Path) -> "Platform":
        """The same instance in another folder: what it cost to build is not paid again."""
        other = copy.copy(self)
        other.settings = self.settings.model_copy(update={"data_dir": shutil.copytree(self.settings.data_dir, folder)})
        return other

    def drop(self, source: str, landing_date: date, name: str, content: bytes) -> Path:
        """Put a file where an operator would."""
        folder = self.settings.incoming_dir / source / landing_date.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        return folder / name

    def run(self) -> Outcome:
        """What `user-activity run` does."""
        with open_runner(self.settings) as runner:
            outcome = runner.run_pending()
        assert outcome.success, "; ".join(outcome.failures)
        return outcome

    def withdraw(self, source: str, landing_date: date, name: str) -> None:
        """What `user-activity withdraw` does with an ingested file."""
        move_out_of_archive(self.settings, source, landing_date, landed_as(self.settings, source, landing_date, name))
        with open_runner(self.settings) as runner:
            assert runner.replay({source: [landing_date]}).success

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return plain(open_warehouse(self.settings).query(sql).rows)

    def query_published(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the published files."""
        return plain(open_warehouse(self.settings).ask_published(sql).rows)

    def tables(self, *, lineage: bool = True) -> dict[str, list[tuple[Any, ...]]]:
        """Every table of every layer that models build, its rows sorted; with or without where they came from."""
        contents = {}
        warehouse = open_warehouse(self.settings)
        columns_of = self.columns()
        with warehouse.reading():  # one connection for all: opening it costs more than most of these queries
            for name, columns in columns_of.items():
                if not lineage and name in ("staging.stg_duplicates", "metrics.daily_volumes"):
                    continue
                wanted = [column for column in columns if lineage or column not in LINEAGE]
                rows = warehouse.query(f"select {', '.join(wanted)} from {name}").rows
                contents[name] = sorted(plain(rows), key=_order)
        return contents

    def columns(self) -> dict[str, dict[str, str]]:
        """The columns of these tables, in order, with their types as the engine calls them."""
        found: dict[str, dict[str, str]] = {}
        for schema, table, column, kind in self.query(
            "select tables.table_schema, tables.table_name, column_name, data_type "
            "from information_schema.tables as tables join information_schema.columns as columns "
            "on columns.table_schema = tables.table_schema and columns.table_name = tables.table_name "
            "where tables.table_schema in ('staging', 'intermediate', 'marts', 'metrics') "
            "and tables.table_type = 'BASE TABLE' order by 1, 2, ordinal_position"
        ):
            found.setdefault(f"{schema}.{table}", {})[column] = kind
        return found


def _order(row: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    """Values in their own order, null last."""
    return [(value is None, value) for value in row]


def plain(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows whose arrays are tuples, to be counted and compared."""
    return [tuple(tuple(cell) if isinstance(cell, list) else cell for cell in row) for row in rows]


def differences(ours: dict[str, list[tuple[Any, ...]]], theirs: dict[str, list[tuple[Any, ...]]]) -> dict[str, Any]:
    """What two sets of tables do not share: by table, the rows that only one of them has."""
    found = {}
    for name in sorted(ours.keys() | theirs.keys()):
        here, there = Counter(ours.get(name, [])), Counter(theirs.get(name, []))
        if here != there:
            found[name] = {"only ours": list((here - there).elements()), "only theirs": list((there - here).elements())}
    return found
