"""Published assets: copies of marts and metrics that readers can use while a build runs."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from user_activity.orchestration import asset_metadata, staleness
from user_activity.orchestration.assets.models import published_relations, table_schema
from user_activity.orchestration.partitions import event_partitions, run_dates
from user_activity.orchestration.resources import RETRIES, WAREHOUSE_POOL, Progress
from user_activity.orchestration.runs.liveness import hold
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse


def published_assets(settings: Settings, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """Return one asset per mart or metric: on DuckDB, Parquet with one file per day if it has a date column."""
    relations = published_relations(manifest)
    days = event_partitions(settings)

    @dg.multi_asset(
        name="published",
        specs=[
            dg.AssetSpec(
                ["published", *relation.split(".")],
                deps=[dg.AssetKey(relation.split("."))],
                partitions_def=days if date_column else None,
                skippable=True,
                group_name="published",
                kinds={"parquet" if settings.warehouse == "duckdb" else settings.warehouse},
                owners=["team:data-platform"],
                tags={"layer": "published"},
                description=(
                    f"{relation} for readers, available during builds: on a server the table itself, otherwise "
                    f"Parquet, {'one file per day' if date_column else 'one file'}, replaced atomically."
                ),
                metadata={
                    "dagster/column_schema": table_schema(manifest, relation),
                    "dagster/code_references": asset_metadata.code_of(published_assets),
                },
            )
            for relation, date_column in relations.items()
        ],
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
        retry_policy=RETRIES,
    )
    def published(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
    ) -> Iterator[Any]:
        progress.heed_stop()
        hold(settings, context.run.run_id)
        warehouse = open_warehouse(settings)
        chosen = {name: column for name, column in relations.items() if _key(name) in context.selected_asset_keys}
        dates = sorted({*run_dates(context), *staleness.rebuilt(warehouse, context.run.run_id)})
        written = warehouse.publish(chosen, dates)
        with warehouse.reading():
            for relation, date_column in chosen.items():
                where: asset_metadata.Metadata = {"dagster/uri": warehouse.published_at(relation)}
                if date_column is None:
                    rows: asset_metadata.Metadata = {"dagster/row_count": written[relation]}
                    yield dg.MaterializeResult(asset_key=_key(relation), metadata=where | rows)
                else:
                    counts = warehouse.row_counts(relation, date_column, dates)
                    facts: dict[date, asset_metadata.Metadata] = {
                        day: {"dagster/partition_row_count": count} for day, count in counts.items()
                    }
                    yield from asset_metadata.materialise(context, _key(relation), facts, **where)
        # The last step of a build: from now on its dates are not stale.
        warehouse.mark_built(context.run.run_id)

    return published


def _key(relation: str) -> dg.AssetKey:
    return dg.AssetKey(["published", *relation.split(".")])
