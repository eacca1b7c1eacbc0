"""Figure 2: from a landed file of a large day to its metrics, compared with the same SQL run directly in DuckDB.

Ours is `user-activity run` from a shell: ingest, audit, models, their tests, publishing, the event log. The floor is
figure 1's floor for the same file, plus the SQL of models and tests of that run, in dependency order.
"""

import json
import os
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from bench import ingest
from bench.data import DAY, events_of_a_day
from bench.figures import Figure, Workshop
from bench.measure import PROGRAM, Cost, child, command
from user_activity.orchestration.dbt.runner import LAST_BUILD, ensure_manifest
from user_activity.settings import Settings

REJECTED = 3  # the exit code if rows were rejected: 0.5 % of the rows break a rule


def figures(workshop: Workshop) -> Iterator[Figure]:
    """CPU time and wall time from file to metrics."""
    folder = workshop.room("metrics")
    child(events_of_a_day, folder, workshop.rows)
    settings = Settings(data_dir=folder / "data", _env_file=None)
    incoming = settings.incoming_dir / "events" / DAY.isoformat()
    incoming.mkdir(parents=True)
    landed = folder / "events.jsonl"
    os.link(landed, incoming / landed.name)
    _, read = child(ingest.floor, landed, folder / "floor.parquet")
    _, run = command([PROGRAM, "run"], settings.data_dir, accepted=(REJECTED,))
    (_, models), (_, tested) = sql_costs(settings, folder)
    details = {"ingest floor": read.cpu, "models' SQL": models.cpu, "tests' SQL": tested.cpu - models.cpu}
    name = f"landed file to metrics, {workshop.rows:,} events"
    yield Figure(name, run.cpu, read.cpu + tested.cpu, "CPU s", 2.0, details=details)
    yield Figure(f"{name}, wall", run.wall, read.wall + tested.wall, "s", 2.0, details={"MB": run.megabytes})


def sql_costs(settings: Settings, folder: Path) -> tuple[tuple[int, Cost], tuple[int, Cost]]:
    """The number of SQL statements of a run and their cost: of its models alone, and of models and tests."""
    return (
        child(compiled_sql, settings, folder / "models", tests=False),
        child(compiled_sql, settings, folder / "models_and_tests", tests=True),
    )


def compiled_sql(settings: Settings, folder: Path, *, tests: bool) -> int:
    """Execute the SQL of a run, in a new warehouse on the same lake; return how many statements."""
    manifest = json.loads(ensure_manifest(settings).read_bytes())
    order = TopologicalSorter(manifest["parent_map"]).static_order()
    nodes = [manifest["nodes"][name] for name in order if name in manifest["nodes"]]
    wanted = {"model", "test"} if tests else {"model"}
    executed = (settings.dbt_dir / LAST_BUILD).read_text()
    parts = re.split(r"^-- (\S+\.user_activity\.\S+)$", executed, flags=re.MULTILINE)
    sql = dict(zip(parts[1::2], parts[2::2], strict=True))
    statements = [(n, sql[n["unique_id"]].strip(" \n;")) for n in nodes if n["resource_type"] in wanted]
    folder.mkdir(parents=True)
    with duckdb.connect(folder / "user_activity.duckdb", config={"threads": settings.threads}) as connection:
        connection.execute(f"set memory_limit = '{settings.warehouse_memory}'; set preserve_insertion_order = false")
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        _take_over(connection, settings, nodes)
        for node, statement in statements:
            if node["resource_type"] == "model":
                kind = "view" if node["config"]["materialized"] == "view" else "table"
                connection.execute(f"create {kind} {node['schema']}.{node['name']} as {statement}")
            else:
                connection.execute(f"select count(*) from ({statement}) as failing")
    return len(statements)


def _take_over(connection: duckdb.DuckDBPyConnection, settings: Settings, nodes: list[dict[str, Any]]) -> None:
    """Copy what models read and dbt does not compile: audit tables, seeds, and the views on the lake."""
    connection.execute(f"attach '{settings.warehouse_dir}/user_activity.duckdb' as built (read_only)")
    for schema in ("raw", "staging", "intermediate", "marts", "metrics", "audit"):
        connection.execute(f"create schema if not exists {schema}")
    models = {node["name"] for node in nodes if node["resource_type"] == "model"}
    audit = "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'audit'"
    relations = [f"audit.{name}" for (name,) in connection.execute(audit).fetchall() if name not in models]
    relations += [f"{node['schema']}.{node['name']}" for node in nodes if node["resource_type"] == "seed"]
    for relation in relations:
        connection.execute(f"create table {relation} as from built.{relation}")
    views = "select sql from duckdb_views() where database_name = 'built' and schema_name = 'raw'"
    for (view,) in connection.execute(views).fetchall():
        connection.execute(view)
    connection.execute("detach built")
