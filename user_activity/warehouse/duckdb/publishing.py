"""Marts and metrics as Parquet files, each replaced atomically."""

import os
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from user_activity.files import aside

FEW_DAYS = 7  # up to this many, one copy per day is faster than a partitioned copy on one thread


def quoted(path: Path) -> str:
    """A path to insert into an SQL literal."""
    return str(path).replace("'", "''")


def create_views(connection: duckdb.DuckDBPyConnection, published_dir: Path) -> None:
    """Create a view over the files of each published relation, under the relation's name."""
    for folder in sorted({path.parent for path in published_dir.glob("*/*/*.parquet")}):
        connection.execute(f"create schema if not exists {folder.parent.name}")
        relation = f"{folder.parent.name}.{folder.name}"
        connection.execute(f"create view {relation} as from read_parquet('{quoted(folder)}/*.parquet')")


def publish_table(connection: duckdb.DuckDBPyConnection, relation: str, folder: Path) -> int:
    """Replace the single file of a relation."""
    with aside(folder) as fresh:
        rows = connection.execute(f"copy {relation} to '{quoted(fresh)}' (format parquet)").fetchone()
        os.replace(fresh, folder / "data.parquet")
    for former in folder.glob("[0-9]*.parquet"):  # left over if the relation was once published per day
        former.unlink()
    return int(rows[0]) if rows else 0


def due_days(connection: duckdb.DuckDBPyConnection, relation: str, date_column: str, folder: Path) -> set[date]:
    """Days rebuilt since they were published, days with rows but no file, and days with a file but no rows."""
    replaced = connection.execute(
        "select distinct replaced_date from audit.replaced_dates where relation = ?", [relation]
    ).fetchall()
    with_rows = connection.execute(f"select distinct {date_column} from {relation}").fetchall()
    with_file = {date.fromisoformat(path.stem) for path in folder.glob("[0-9]*.parquet")}
    return {day for (day,) in replaced} | ({day for (day,) in with_rows} ^ with_file)


def publish_days(
    connection: duckdb.DuckDBPyConnection, relation: str, date_column: str, days: list[date], folder: Path
) -> int:
    """Replace the files of the given days; a day without rows has no file."""
    if not days:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", dir=folder) as fresh:
        publish = _publish_many_days if len(days) > FEW_DAYS else _publish_few_days
        return publish(connection, relation, date_column, days, folder, Path(fresh))


def _publish_few_days(
    connection: duckdb.DuckDBPyConnection, relation: str, date_column: str, days: list[date], folder: Path, fresh: Path
) -> int:
    published = 0
    for day in days:
        part = fresh / f"{day}.parquet"
        rows = connection.execute(
            f"copy (select * from {relation} where {date_column} = ?) to '{quoted(part)}' (format parquet)", [day]
        ).fetchone()
        count = int(rows[0]) if rows else 0
        _replace_day(part if count else None, folder / part.name)
        published += count
    return published


def _publish_many_days(
    connection: duckdb.DuckDBPyConnection, relation: str, date_column: str, days: list[date], folder: Path, fresh: Path
) -> int:
    (threads,) = connection.execute("select current_setting('threads')").fetchone() or (1,)
    connection.execute("set threads = 1")  # each thread of a partitioned copy would write its own file
    rows = connection.execute(
        f"""copy (
            select *, {date_column} as day from {relation}
            where {date_column} in (select unnest(cast(? as date[])))
        ) to '{quoted(fresh)}' (format parquet, partition_by (day))""",
        [days],
    ).fetchone()
    connection.execute(f"set threads = {threads}")
    for day in days:
        part = fresh / f"day={day}" / "data_0.parquet"
        _replace_day(part if part.exists() else None, folder / f"{day}.parquet")
    return int(rows[0]) if rows else 0


def _replace_day(part: Path | None, target: Path) -> None:
    if part is None:
        target.unlink(missing_ok=True)
    else:
        part.replace(target)
