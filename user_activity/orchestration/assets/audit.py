"""Audit assets: landed files and runs, as tables in the warehouse."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import dagster as dg

from user_activity.orchestration import asset_metadata
from user_activity.orchestration.ingested_lake import IngestedLake
from user_activity.orchestration.resources import RETRIES, WAREHOUSE_POOL
from user_activity.orchestration.runs import history
from user_activity.orchestration.runs.liveness import hold
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity.warehouse import Warehouse, open_warehouse

TABLES = {
    "landed_files": "One row per landed file and landing date: digest, row counts by outcome, affected event dates.",
    "landed_dates": "One row per landed file and UTC day of its records: the index of the lake.",
    "set_aside_values": "One row per landed file and rule: values that were left out of accepted records.",
    "bad_records": "One row per record that is or was quarantined: text, file and row, all violated rules, and "
    "its state: open (rejected), superseded (replaced by a correction), replayed (accepted in a later replay).",
}
RUN_TABLES = {
    "pipeline_runs": "One row per run: its job, dates, state, times, rows, trigger, and failure reason.",
    "run_dates": "One row per run and date that it processed.",
    "row_counts": "One row per run and table or partition that it built: the row count after the run.",
    "dq_results": "One row per check evaluation: what was expected, what was found, whether it passed.",
}
RUN_KEYS = [["audit", name] for name in RUN_TABLES]
OF_RUNS = "metrics.daily_metrics"  # a view that joins daily figures (OF_DAYS) with the runs that counted them
OF_DAYS = "metrics.daily_volumes"


def _spec(name: str, description: str, *deps: dg.AssetDep) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["audit", name],
        deps=deps,
        group_name="audit",
        kinds={"python", "table"},
        owners=["team:data-platform"],
        tags={"layer": "audit"},
        description=description,
        metadata={"dagster/table_name": f"audit.{name}"},
    )


def reference_files() -> list[dg.AssetSpec]:
    """Return the reference files that settings name; every build loads them."""
    return [
        _spec(
            "funnels_file", "One row per funnel, step and event type in the file that USER_ACTIVITY_FUNNELS_FILE names."
        ),
        _spec("holidays_file", "One row per day in the file that USER_ACTIVITY_HOLIDAYS_FILE names."),
        _spec("rates_file", "One row per currency and day in the file that USER_ACTIVITY_RATES_FILE names."),
    ]


def build_records() -> list[dg.AssetSpec]:
    """Return the tables in which builds record themselves, in the same database as the models."""
    return [
        _spec(
            "built_dates", "One row per event date: what it was last built from, and whether that build has finished."
        ),
        _spec("built_tables", "One row per model: what all rows of its table were built by."),
        _spec("rebuild_history", "One row per run, event date and reason: why each date was rebuilt."),
    ]


FROM_LAKE = [dg.AssetDep(["raw", source], partition_mapping=dg.AllPartitionMapping()) for source in SOURCES]


@dg.multi_asset(
    specs=[_spec(name, description, *FROM_LAKE) for name, description in TABLES.items()],
    pool=WAREHOUSE_POOL,
    retry_policy=RETRIES,
)
def audit_tables(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> Iterator[Any]:
    """Load what changed in the lake since the last sync."""
    hold(settings, context.run.run_id)
    warehouse = open_warehouse(settings)
    with warehouse.building(context.run.run_id):
        changed = warehouse.sync(IngestedLake(settings))
    context.log.info(f"{changed} landing partitions had changed since the last sync")
    yield from _pages(warehouse, TABLES, landing_partitions_changed=changed)


def run_tables(checked: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    """Return the tables of the run history; `checked` are the assets whose check descriptions are recorded."""
    expected = {spec.key: spec.description for each in checked for spec in each.check_specs}

    @dg.multi_asset(
        name="run_tables",
        specs=[_spec(name, description) for name, description in RUN_TABLES.items()],
        pool=WAREHOUSE_POOL,
        retry_policy=RETRIES,
    )
    def runs(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> Iterator[Any]:
        warehouse = open_warehouse(settings)
        changed = history.record(context.instance, settings, warehouse, expected, context.run.run_id)
        context.log.info(f"{changed} runs had changed since the last recording")
        if changed and context.run.job_name == history.RECORD:  # a build publishes in its last step
            _publish_again(settings, warehouse)
        yield from _pages(warehouse, RUN_TABLES, runs_changed=changed)

    return runs


def _publish_again(settings: Settings, warehouse: Warehouse) -> None:
    """Publish the metrics that include runs again, unless failed checks keep the daily figures unpublished."""
    held_back = warehouse.query(f"select count(*) from audit.replaced_dates where relation = '{OF_DAYS}'").rows[0][0]
    if settings.published_dir.joinpath(*OF_RUNS.split(".")).exists() and not held_back:
        warehouse.publish({OF_RUNS: None}, [])


def _pages(warehouse: Warehouse, tables: Iterable[str], **shared: Any) -> Iterator[Any]:
    with warehouse.reading():
        for name in tables:
            metadata = {
                **shared,
                "dagster/row_count": warehouse.query(f"select count(*) from audit.{name}").rows[0][0],
                "dagster/column_schema": _schema(warehouse, name),
                "preview": asset_metadata.preview(warehouse, f"audit.{name}"),
            }
            yield dg.MaterializeResult(asset_key=["audit", name], metadata=metadata)


def _schema(warehouse: Warehouse, table: str) -> dg.TableSchema:
    columns = warehouse.query(
        "select column_name, data_type from information_schema.columns "
        f"where table_schema = 'audit' and table_name = '{table}' order by ordinal_position"
    )
    return dg.TableSchema([dg.TableColumn(name, str(kind).lower()) for name, kind in columns.rows])
