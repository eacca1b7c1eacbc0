"""The platform as Dagster sees it: landing, raw, audit, models, published; checks, jobs, sensors and schedules."""

import json

import dagster as dg

from user_activity.ingest.validation.field_mapping import check_field_maps
from user_activity.orchestration.alerts.sensor import build_alert_sensor
from user_activity.orchestration.assets.audit import audit_tables, build_records, reference_files, run_tables
from user_activity.orchestration.assets.checks import volumes
from user_activity.orchestration.assets.landing import landing_folders, products_api
from user_activity.orchestration.assets.models import model_assets
from user_activity.orchestration.assets.published import published_assets
from user_activity.orchestration.assets.raw import raw_assets
from user_activity.orchestration.dbt.declarations import check_staging_models
from user_activity.orchestration.dbt.runner import ensure_manifest
from user_activity.orchestration.jobs import jobs
from user_activity.orchestration.resources import RESOURCES
from user_activity.orchestration.schedules import close_of_day, weekly_catalogue
from user_activity.orchestration.sensors import sensors
from user_activity.settings import Settings


def assemble(settings: Settings) -> dg.Definitions:
    """Every definition, shaped by the settings (first partition, time zone, limits)."""
    check_field_maps(settings)
    manifest = json.loads(ensure_manifest(settings).read_bytes())
    check_staging_models(manifest)
    raw, models = raw_assets(settings), model_assets(settings, manifest)
    return dg.Definitions(
        assets=[
            *landing_folders(),  # what others drop
            products_api,  # and what is fetched
            *build_records(),  # and what builds keep of themselves
            *reference_files(),  # and what people keep by hand
            *raw,  # accepted rows, by landing date
            audit_tables,  # what landed, as audit tables
            run_tables(checked=[*raw, models, volumes]),  # what ran, and what checks found
            models,  # staging, intermediate, marts, metrics, by event date
            published_assets(settings, manifest),  # marts and metrics as Parquet
        ],
        asset_checks=[volumes],
        jobs=jobs(settings),
        sensors=[*sensors(settings), build_alert_sensor(settings)],
        schedules=[close_of_day, weekly_catalogue],
        resources=RESOURCES,
        executor=dg.in_process_executor,
    )
