"""Jobs that sensors, schedules and the command line run."""

from collections.abc import Iterable

import dagster as dg

from user_activity.orchestration.assets.audit import RUN_KEYS
from user_activity.orchestration.assets.landing import database_key
from user_activity.orchestration.instance.private_names import UnresolvedAssetJobDefinition
from user_activity.orchestration.runs.history import RECORD
from user_activity.settings import Settings
from user_activity.sources import SOURCES

BUILD = "build_models"
CATALOGUE = "refresh_catalogue"
EXTRACT = "extract_databases"


def ingest_job_name(source: str) -> str:
    """Return the name of the job that ingests a source."""
    return f"ingest_{source}"


def built_and_published(relations: Iterable[str]) -> list[dg.AssetKey]:
    """Return the asset keys of these tables, and of their published copies."""
    keys = [relation.split(".") for relation in relations]
    published = [["published", *key] for key in keys if key[0] in ("marts", "metrics")]
    return [dg.AssetKey(key) for key in [*keys, *published]]


def jobs(settings: Settings) -> list[UnresolvedAssetJobDefinition]:
    """Return one ingest job per source, and those of the catalogue, builds, recording and configured databases."""
    limit = {"dagster/max_runtime": str(settings.run_timeout_seconds)}
    ingest = [
        dg.define_asset_job(
            ingest_job_name(name),
            selection=dg.AssetSelection.assets(["raw", name]),
            tags=limit,
            description=f"Ingest the {name} files of the selected landing dates.",
        )
        for name in SOURCES
    ]
    catalogue = dg.define_asset_job(
        CATALOGUE,
        selection=dg.AssetSelection.assets(["landing", "products_api"], ["raw", "products"]),
        tags=limit,
        description="Fetch the product catalogue if USER_ACTIVITY_PRODUCTS_URL is set, and ingest it.",
    )
    build = dg.define_asset_job(
        BUILD,
        selection=dg.AssetSelection.groups("audit", "staging", "intermediate", "marts", "metrics", "published"),
        tags=limit,
        description="Build, test and publish every model for the selected event dates.",
    )
    record = dg.define_asset_job(
        RECORD,
        selection=dg.AssetSelection.assets(*RUN_KEYS),
        tags=limit,
        description="Record runs, their row counts and their check results in the warehouse.",
    )
    extract = dg.define_asset_job(
        EXTRACT,
        selection=dg.AssetSelection.assets(*map(database_key, settings.databases)),
        tags=limit,
        description="Land new and changed rows of the sources' databases.",
    )
    return [*ingest, catalogue, build, record, *([extract] if settings.databases else [])]
