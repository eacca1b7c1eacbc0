"""The platform's Dagster definitions: assets of all layers, checks, jobs, sensors and schedules."""

import json

import dagster as dg

from user_activity.ingest.validation.field_maps import field_maps
from user_activity.orchestration.alerts.sensor import build_alert_sensor
from user_activity.orchestration.assets.audit import audit_tables, build_records, reference_files, run_tables
from user_activity.orchestration.assets.checks import volumes
from user_activity.orchestration.assets.landing import database_assets, landing_folders, products_api
from user_activity.orchestration.assets.models import model_assets
from user_activity.orchestration.assets.published import published_assets
from user_activity.orchestration.assets.raw import raw_assets
from user_activity.orchestration.dbt.declarations import check_staging_models
from user_activity.orchestration.dbt.runner import ensure_manifest
from user_activity.orchestration.jobs import jobs
from user_activity.orchestration.resources import RESOURCES
from user_activity.orchestration.schedules import schedules
from user_activity.orchestration.sensors import sensors
from user_activity.settings import Settings


def assemble(settings: Settings) -> dg.Definitions:
    """Return all definitions; partitions, time zone and limits come from the settings."""
    field_maps(settings)
    manifest = json.loads(ensure_manifest(settings).read_bytes())
    check_staging_models(manifest)
    raw, models = raw_assets(settings), model_assets(settings, manifest)
    return dg.Definitions(
        assets=[
            *landing_folders(),  # files from producers
            products_api,  # the catalogue, fetched over HTTP
            *database_assets(settings),  # rows, extracted from databases
            *build_records(),  # audit tables that builds write
            *reference_files(),  # files that people maintain
            *raw,  # accepted rows, by landing date
            audit_tables,  # landed files and rejected records
            run_tables(checked=[*raw, models, volumes]),  # runs and check results
            models,  # staging, intermediate, marts, metrics, by event date
            published_assets(settings, manifest),  # marts and metrics as Parquet
        ],
        asset_checks=[volumes],
        jobs=jobs(settings),
        sensors=[*sensors(settings), build_alert_sensor(settings)],
        schedules=schedules(settings),
        resources=RESOURCES,
        executor=dg.in_process_executor,
    )
