"""Audit assets: what landed, as tables of the warehouse.

Belongs here: bringing the warehouse's audit tables up to the lake. Does not belong here: their SQL (``warehouse/``)
and the audit tables that models build (``sql/models/audit``).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from user_activity.orchestration import pages
from user_activity.orchestration.lake import IngestedLake
from user_activity.orchestration.policies import RETRIES, WAREHOUSE_POOL
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity.warehouse import Warehouse, open_warehouse

TABLES = {
    "landed_files": "One row a landed file and landing date: its digest, its rows by fate, the event dates it touches.",
    "landed_dates": "One row a landed file and UTC day of its records: the lake's index.",
    "bad_records": "One row a quarantined record: its text, its file and row, and every rule it broke.",
}


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            ["audit", name],
            deps=[dg.AssetDep(["raw", source], partition_mapping=dg.AllPartitionMapping()) for source in SOURCES],
            group_name="audit",
            kinds={"python", "table"},
            owners=["team:data-platform"],
            tags={"layer": "audit"},
            description=description,
            metadata={"dagster/table_name": f"audit.{name}"},
        )
        for name, description in TABLES.items()
    ],
    pool=WAREHOUSE_POOL,
    retry_policy=RETRIES,
)
def audit_tables(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> Iterator[Any]:
    """Load what changed in the lake since the last time."""
    warehouse = open_warehouse(settings)
    changed = warehouse.sync(IngestedLake(settings))
    context.log.info(f"{changed} landing partitions had changed since the last sync")
    with warehouse.reading():
        for name in TABLES:
            metadata = {
                "dagster/row_count": warehouse.query(f"select count(*) from audit.{name}").rows[0][0],
                "dagster/column_schema": _schema(warehouse, name),
                "landing_partitions_changed": changed,
                "preview": pages.preview(warehouse, f"audit.{name}"),
            }
            yield dg.MaterializeResult(asset_key=["audit", name], metadata=metadata)


def _schema(warehouse: Warehouse, table: str) -> dg.TableSchema:
    columns = warehouse.query(
        "select column_name, data_type from information_schema.columns "
        f"where table_schema = 'audit' and table_name = '{table}' order by ordinal_position"
    )
    return dg.TableSchema([dg.TableColumn(name, str(kind).lower()) for name, kind in columns.rows])
