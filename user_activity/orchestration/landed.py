"""Landing assets: what others put there. Folders that files are dropped into, and the products API.

Belongs here: how what lands appears in the lineage. Does not belong here: finding files (``sensors.py``) and reading
them (``ingest/``).
"""

from collections.abc import Sequence

import dagster as dg

from user_activity.ingest import catalogue, landing
from user_activity.orchestration import pages
from user_activity.orchestration.policies import RETRIES
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source

FILE_COLUMNS = ["file", "landing date", "bytes"]


def landing_folders() -> list[dg.AssetSpec]:
    """The folders; who finds new files in them tells of these (`landed_files`)."""
    return [
        dg.AssetSpec(
            ["landing", source.name],
            group_name="landing",
            kinds={"file"},
            owners=[source.owner],
            tags={"layer": "landing", "cadence": source.cadence},
            description=f"Files dropped into incoming/{source.name}/, as they come.",
        )
        for source in SOURCES.values()
    ]


def landed_files(settings: Settings, source: Source, files: Sequence[landing.LandedFile]) -> dg.AssetMaterialization:
    """What the page of `landing/<source>` shows of files seen for the first time."""
    rows = [(file.path.name, file.landing_date, file.size) for file in files]
    return dg.AssetMaterialization(
        asset_key=["landing", source.name],
        metadata={
            "dagster/uri": (settings.incoming_dir / source.name).as_uri(),
            "files": len(files),
            "dagster/size_bytes": sum(file.size for file in files),
            "file_list": dg.MarkdownMetadataValue(pages.table(FILE_COLUMNS, rows, pages.SHOWN_FILES)),
        },
    )


@dg.asset(
    key=["landing", "products_api"],
    group_name="landing",
    kinds={"http"},
    owners=[SOURCES["products"].owner],
    tags={"layer": "landing", "cadence": "weekly"},
    retry_policy=RETRIES,
    metadata={"dagster/code_references": pages.code_of(catalogue.fetch_products)},
    description="The product catalogue over HTTP: a copy of what USER_ACTIVITY_PRODUCTS_URL answers lands as a file.",
)
def products_api(context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
    """Fetch the catalogue, where it has an address."""
    landed = catalogue.fetch_products(settings, landing.utc_today())
    if landed is None:
        context.log.info("USER_ACTIVITY_PRODUCTS_URL is not set: the catalogue comes as files only.")
    metadata = {"dagster/uri": landed.as_uri()} if landed else {}
    return dg.MaterializeResult(metadata={"files": int(landed is not None), **metadata})
