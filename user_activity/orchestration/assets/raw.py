"""Raw assets, one per source: landed rows, split into accepted and quarantined ones."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from user_activity import ingest
from user_activity.orchestration import asset_metadata
from user_activity.orchestration.assets import checks
from user_activity.orchestration.assets.landing import database_key
from user_activity.orchestration.partitions import REBUILD, landing_partitions, run_dates
from user_activity.orchestration.resources import RETRIES, Progress
from user_activity.orchestration.runs.liveness import hold
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source

PARTITIONS_AT_ONCE = 50  # so that progress is reported for a long range


def raw_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Return one asset per source; a new module in ``sources/`` adds an asset."""
    return [build_raw_asset(settings, source) for source in SOURCES.values()]


def build_raw_asset(settings: Settings, source: Source) -> dg.AssetsDefinition:
    """Return the raw asset of one source, partitioned by landing date."""
    key = dg.AssetKey(["raw", source.name])
    landing = [source.name, "products_api"] if source.name == "products" else [source.name]
    deps = [dg.AssetKey(["landing", name]) for name in landing]
    if source.name in settings.databases:
        deps.append(database_key(source.name))

    @dg.asset(
        key=key,
        deps=deps,
        partitions_def=landing_partitions(settings, source),
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=checks.raw_check_specs(key, landing_partitions(settings, source)),
        retry_policy=RETRIES,
        group_name="raw",
        kinds={"python", "parquet"},
        owners=[source.owner],
        tags={"layer": "raw", "cadence": source.cadence},
        description=f"{source.description} One row per accepted record, by landing date; the others are quarantined.",
        metadata={
            "dagster/column_schema": asset_metadata.raw_schema(source),
            "dagster/code_references": asset_metadata.code_of(source.contract, build_raw_asset),
        },
    )
    def raw(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
    ) -> Iterator[Any]:
        hold(settings, context.run.run_id)
        keys = run_dates(context)
        found: dict[date, ingest.PartitionResult] = {}
        faults: list[str] = []
        for start in range(0, len(keys), PARTITIONS_AT_ONCE):
            progress.heed_stop()
            some = keys[start : start + PARTITIONS_AT_ONCE]
            try:
                built = ingest.ingest(settings, source.name, some, rebuild=REBUILD in context.run.tags)
            except ingest.FilesNotRead as error:
                built = error.results
                faults.append(str(error))
            found |= {result.partition: result for result in built}
            progress.tell(f"ingest {source.name}", min(start + PARTITIONS_AT_ONCE, len(keys)), len(keys))
        results = [found[day] for day in sorted(found)]
        by_day = {result.partition: asset_metadata.raw_metadata(result) for result in results}
        latest = next((result for result in reversed(results) if result.rows_accepted), None)
        if latest:
            by_day[latest.partition]["preview"] = asset_metadata.raw_preview(latest)
        folder = settings.lake_dir / "raw" / source.name
        yield from asset_metadata.materialise(context, key, by_day, **{"dagster/uri": folder.as_uri()})
        yield from checks.raw_check_results(settings, key, results)
        if faults:
            raise dg.Failure(" ".join(faults))

    return raw
