"""Landing assets: the folders that producers drop files into, the products API, and the sources' databases."""

from collections.abc import Sequence

import dagster as dg

from user_activity.ingest.landing import incoming
from user_activity.ingest.landing.configured_databases import databases
from user_activity.ingest.landing.database import extract
from user_activity.ingest.landing.products_api import fetch_products
from user_activity.orchestration import asset_metadata
from user_activity.orchestration.metadata_tables import table
from user_activity.orchestration.resources import RETRIES
from user_activity.orchestration.runs.liveness import hold
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source


def landing_folders() -> list[dg.AssetSpec]:
    """Return the folders as external assets; `landed_files` reports new files."""
    return [
        dg.AssetSpec(
            ["landing", source.name],
            group_name="landing",
            kinds={"file"},
            owners=[source.owner],
            tags={"layer": "landing", "cadence": source.cadence},
            description=f"Files dropped into incoming/{source.name}/, unchanged.",
        )
        for source in SOURCES.values()
    ]


def landed_files(settings: Settings, source: Source, files: Sequence[incoming.LandedFile]) -> dg.AssetMaterialization:
    """Return the materialization event of `landing/<source>` for newly found files."""
    shown = files[: asset_metadata.SHOWN_FILES]
    return dg.AssetMaterialization(
        asset_key=["landing", source.name],
        metadata={
            "dagster/uri": (settings.incoming_dir / source.name).as_uri(),
            "files": len(files),
            "dagster/size_bytes": sum(file.size for file in files),
            "file_list": table(
                {"file": file.path.name, "landing date": file.landing_date, "bytes": file.size} for file in shown
            ),
        },
    )


@dg.asset(
    key=["landing", "products_api"],
    group_name="landing",
    kinds={"http"},
    owners=[SOURCES["products"].owner],
    tags={"layer": "landing", "cadence": "weekly"},
    retry_policy=RETRIES,
    metadata={"dagster/code_references": asset_metadata.code_of(fetch_products)},
    description="The product catalogue over HTTP: the response of USER_ACTIVITY_PRODUCTS_URL, landed as a file.",
)
def products_api(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
    """Fetch the catalogue if a URL is set."""
    hold(settings, context.run.run_id)
    landed = fetch_products(settings, incoming.utc_today())
    if landed is None:
        context.log.info("USER_ACTIVITY_PRODUCTS_URL is not set: the catalogue is read from files only.")
    metadata = {"dagster/uri": landed.as_uri()} if landed else {}
    return dg.MaterializeResult(metadata={"files": int(landed is not None), **metadata})


def database_key(source: str) -> dg.AssetKey:
    """Return the key of the asset that extracts a source from its database."""
    return dg.AssetKey(["landing", f"{source}_database"])


def database_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Return one asset per source that has a database."""
    return [build_database_asset(SOURCES[name]) for name in databases(settings)]


def build_database_asset(source: Source) -> dg.AssetsDefinition:
    """Return the asset that extracts one source from its database."""

    @dg.asset(
        key=database_key(source.name),
        group_name="landing",
        kinds={"sql"},
        owners=[source.owner],
        tags={"layer": "landing", "cadence": "hourly"},
        retry_policy=RETRIES,
        metadata={"dagster/code_references": asset_metadata.code_of(extract)},
        description=f"New and changed rows of the database of {source.name}, landed as Parquet files.",
    )
    def rows(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
        hold(settings, context.run.run_id)
        extracted = extract(settings, source.name)
        context.log.info(f"{extracted.rows} rows landed in {len(extracted.files)} files.")
        shown = extracted.files[: asset_metadata.SHOWN_FILES]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": extracted.rows,
                "files": len(extracted.files),
                "file_list": table({"file": path.name} for path in shown),
                **({} if extracted.position is None else {"position": extracted.position}),
            }
        )

    return rows
