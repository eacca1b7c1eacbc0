"""Jobs: what a sensor, a schedule or the command line asks for by name."""

import dagster as dg

from user_activity.orchestration.assets.audit import RUN_KEYS
from user_activity.orchestration.instance.private_names import UnresolvedAssetJobDefinition
from user_activity.orchestration.runs.history import RECORD
from user_activity.settings import Settings
from user_activity.sources import SOURCES

BUILD = "build_models"
CATALOGUE = "refresh_catalogue"


def ingest_job_name(source: str) -> str:
    """The job that ingests a source."""
    return f"ingest_{source}"


def jobs(settings: Settings) -> list[UnresolvedAssetJobDefinition]:
    """Ingest, a job a source; and the build of everything that follows from what has landed."""
    limit = {"dagster/max_runtime": str(settings.run_timeout_seconds)}
    ingest = [
        dg.define_asset_job(
            ingest_job_name(name),
            selection=dg.AssetSelection.assets(["raw", name]),
            tags=limit,
            description=f"Take in the {name} files of some landing dates.",
        )
        for name in SOURCES
    ]
    catalogue = dg.define_asset_job(
        CATALOGUE,
        selection=dg.AssetSelection.assets(["landing", "products_api"], ["raw", "products"]),
        tags=limit,
        description="Fetch the product catalogue, where it has an address, and take it in.",
    )
    build = dg.define_asset_job(
        BUILD,
        selection=dg.AssetSelection.groups("audit", "staging", "intermediate", "marts", "metrics", "published"),
        tags=limit,
        description="Build every model for some event dates, test it, publish it.",
    )
    record = dg.define_asset_job(
        RECORD,
        selection=dg.AssetSelection.assets(*RUN_KEYS),
        tags=limit,
        description="Write down in the warehouse which runs there were, what they counted and what their checks found.",
    )
    return [*ingest, catalogue, build, record]
