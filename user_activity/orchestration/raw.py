"""Raw assets: what landed, file by file, split into accepted and quarantined rows. One asset a source of the registry.

Belongs here: which partitions a source has, and what its asset page tells. Does not belong here: how a file is read or
judged (``ingest/``).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from user_activity import ingest
from user_activity.ingest import lake
from user_activity.orchestration import checks, pages
from user_activity.orchestration.partitions import REBUILD, landing_partitions, run_dates
from user_activity.orchestration.policies import RETRIES, Progress
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source


def raw_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """One asset a source; a new module in ``sources/`` is a new asset here."""
    return [build_raw_asset(settings, source) for source in SOURCES.values()]


def build_raw_asset(settings: Settings, source: Source) -> dg.AssetsDefinition:
    """The raw layer of one source, by landing date."""
    key = dg.AssetKey(["raw", source.name])
    landing = [source.name, "products_api"] if source.name == "products" else [source.name]

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(["landing", name]) for name in landing],
        partitions_def=landing_partitions(settings, source),
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=checks.raw_check_specs(key, landing_partitions(settings, source)),
        retry_policy=RETRIES,
        group_name="raw",
        kinds={"python", "parquet"},
        owners=[source.owner],
        tags={"layer": "raw", "cadence": source.cadence},
        description=f"{source.description} One row an accepted record, by landing date; the others are in quarantine.",
        metadata={
            "dagster/column_schema": pages.raw_schema(source),
            "dagster/uri": (settings.lake_dir / "raw" / source.name).as_uri(),
            "dagster/code_references": pages.code_of(source.contract, build_raw_asset),
        },
    )
    def raw(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
    ) -> Iterator[Any]:
        keys = run_dates(context)
        landing_dates = [day for key in keys for day in source.landing_dates(key)]
        ingest.ingest(settings, source.name, landing_dates, rebuild=REBUILD in context.run_tags)
        files = _files(settings, source, keys)
        yield from pages.materialise(context, key, {day: pages.raw_metadata(files[day]) for day in keys})
        yield from checks.raw_check_results(settings, key, files)

    return raw


def _files(settings: Settings, source: Source, keys: list[date]) -> Mapping[date, list[dict[str, Any]]]:
    """What the lake's manifests say of the files of each partition."""
    landing = [(source.name, day) for key in keys for day in source.landing_dates(key)]
    files: dict[date, list[dict[str, Any]]] = {key: [] for key in keys}
    for manifest in lake.read_manifests(settings, landing):
        landed = date.fromisoformat(manifest["landing_date"])
        files[source.partition_of(landed)] += [{**file, "landing_date": landed} for file in manifest["files"]]
    return files
