"""The platform as the UI shows it: described, owned, grouped, partitioned, and running by itself."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from user_activity.database_settings import Database
from user_activity.ingest.landing.configured_databases import DatabaseRejected
from user_activity.orchestration.assembly import assemble
from user_activity.orchestration.jobs import BUILD, CATALOGUE, EXTRACT, ingest_job_name
from user_activity.orchestration.partitions import tagged_dates
from user_activity.orchestration.resources import WAREHOUSE_POOL
from user_activity.orchestration.runs.history import RECORD
from user_activity.orchestration.schedules import close_of_day, hourly_extract, weekly_catalogue
from user_activity.settings import Settings
from user_activity.sources import SOURCES

LAYERS = {"landing", "raw", "audit", "staging", "intermediate", "marts", "metrics", "published"}


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_everything_loads(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_every_asset_is_described_owned_grouped_and_of_a_kind(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.group_name == name.split("/")[0], name
        assert spec.tags["layer"] == spec.group_name, name


def test_every_source_lands_and_has_a_raw_asset(specs: dict[str, dg.AssetSpec]) -> None:
    assert {spec.split("/")[0] for spec in specs} == LAYERS
    for source in SOURCES.values():
        raw = specs[f"raw/{source.name}"]
        assert dg.AssetKey(["landing", source.name]) in {dep.asset_key for dep in raw.deps}
        columns = {column.name for column in raw.metadata["dagster/column_schema"].columns}
        assert {*source.columns, "properties", "_source_file", "_row_number"} <= columns
        assert raw.metadata["dagster/code_references"].code_references


WITHOUT_A_DATE = {"customer_product_summary", "customer_value", "review_product_summary"}  # in their grain


def test_facts_are_partitioned_by_event_date_and_dimensions_are_not(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        layer, table = name.split("/")[-2:]
        if name.startswith("published/"):
            continue
        if table.startswith("fct_") or (layer == "metrics" and table not in WITHOUT_A_DATE):
            assert isinstance(spec.partitions_def, dg.DailyPartitionsDefinition), name
        if table.startswith("dim_") or table in WITHOUT_A_DATE:
            assert spec.partitions_def is None, name


def test_what_is_written_day_by_day_is_published_day_by_day(specs: dict[str, dg.AssetSpec]) -> None:
    for name in ("marts/fct_events", "metrics/daily_revenue", "metrics/funnel", "metrics/user_weekly_activity"):
        assert specs[f"published/{name}"].partitions_def == specs[name].partitions_def
    for name in ("marts/dim_users", "metrics/retention", "metrics/customer_value"):
        assert specs[f"published/{name}"].partitions_def is None


def test_models_name_their_table_and_their_code(specs: dict[str, dg.AssetSpec]) -> None:
    fact = specs["marts/fct_events"]
    assert fact.metadata["dagster/table_name"] == "marts.fct_events"
    references = fact.metadata["dagster/code_references"].code_references
    assert str(references[0].file_path).endswith("sql/models/marts/fct_events.sql")
    assert {column.name for column in fact.metadata["dagster/column_schema"].columns} >= {"event_key", "event_date"}


def test_marts_and_metrics_are_published(specs: dict[str, dg.AssetSpec]) -> None:
    for name in list(specs):
        if name.startswith(("marts/", "metrics/")):
            assert {dep.asset_key for dep in specs[f"published/{name}"].deps} == {dg.AssetKey(name.split("/"))}


def test_whatever_writes_the_warehouse_takes_its_pool_and_ingest_does_not(definitions: dg.Definitions) -> None:
    assert {op.pool for op in definitions.resolve_job_def(BUILD).all_node_defs if isinstance(op, dg.OpDefinition)} == {
        WAREHOUSE_POOL
    }
    for name in SOURCES:
        ops = definitions.resolve_job_def(ingest_job_name(name)).all_node_defs
        assert {op.pool for op in ops if isinstance(op, dg.OpDefinition)} == {None}


def test_every_job_has_a_time_limit(definitions: dg.Definitions) -> None:
    for name in (BUILD, CATALOGUE, RECORD, *map(ingest_job_name, SOURCES)):
        assert int(definitions.resolve_job_def(name).tags["dagster/max_runtime"]) > 0


def test_every_range_is_one_run(definitions: dg.Definitions) -> None:
    for key, asset in definitions.get_repository_def().assets_defs_by_key.items():
        if asset.is_executable and asset.specs_by_key[key].partitions_def:
            assert asset.backfill_policy == dg.BackfillPolicy.single_run(), key


def test_sensors_and_schedules_are_on(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert {sensor.name for sensor in repository.sensor_defs} == {
        *(f"{name}_files" for name in SOURCES),
        "touched_dates",
        "finished_runs",
        "alerts",
    }
    assert all(sensor.default_status == dg.DefaultSensorStatus.RUNNING for sensor in repository.sensor_defs)
    assert all(schedule.default_status == dg.DefaultScheduleStatus.RUNNING for schedule in repository.schedule_defs)


def test_sensors_tick_as_often_as_the_setting_says(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, sensor_interval_seconds=2)
    seconds = {sensor.name: sensor.minimum_interval_seconds for sensor in assemble(settings).sensors or ()}
    assert seconds == {**{f"{name}_files": 2 for name in SOURCES}, "touched_dates": 2, "finished_runs": 6, "alerts": 6}


def test_the_close_of_a_day_builds_the_day_before() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2025, 3, 1, 2, tzinfo=UTC))
    request = close_of_day(context)
    assert isinstance(request, dg.RunRequest)
    assert [str(day) for day in tagged_dates(request.tags)] == ["2025-02-28"]
    assert close_of_day.cron_schedule == "0 2 * * *"


def test_the_catalogue_is_read_on_mondays_for_its_week() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2025, 3, 3, 1, tzinfo=UTC))
    request = weekly_catalogue(context)
    assert isinstance(request, dg.RunRequest)
    assert [str(day) for day in tagged_dates(request.tags)] == ["2025-03-03"]
    assert weekly_catalogue.cron_schedule == "0 1 * * 1"


def test_a_source_with_a_database_is_extracted_every_hour(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("create table orders as select 'o1' as order_id, '2026-01-05 08:00:00' as updated_at")
    address = SecretStr(f"sqlite:///{tmp_path / 'shop.db'}")
    given = {"orders": Database(url=address, table="orders", cursor="updated_at")}
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", databases=given)
    definitions = assemble(settings)
    assert hourly_extract in (definitions.schedules or ())
    key = dg.AssetKey(["landing", "orders_database"])
    raw = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}[dg.AssetKey(["raw", "orders"])]
    assert key in {dep.asset_key for dep in raw.deps}
    job = definitions.resolve_job_def(EXTRACT)
    assert int(job.tags["dagster/max_runtime"]) > 0
    done = job.execute_in_process(resources={"settings": settings})
    (event,) = done.get_asset_materialization_events()
    assert event.asset_key == key
    assert event.materialization.metadata["dagster/row_count"].value == 1
    assert event.materialization.metadata["position"].value == "2026-01-05 08:00:00"
    assert len(list((settings.incoming_dir / "orders").rglob("*.parquet"))) == 1


def test_without_a_database_nothing_is_extracted(definitions: dg.Definitions) -> None:
    names = {job.name for job in definitions.get_repository_def().get_all_jobs()}
    assert EXTRACT not in names
    assert hourly_extract not in (definitions.schedules or ())


def test_a_database_of_no_source_is_refused_by_name(tmp_path: Path) -> None:
    given = {"oders": Database(url=SecretStr("sqlite:///x"), table="orders")}
    with pytest.raises(DatabaseRejected, match="the nearest is 'orders'"):
        assemble(Settings(_env_file=None, data_dir=tmp_path, databases=given))
