"""Model assets: the dbt project's models and tests as assets and checks, built by one dbt invocation per run."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any

import dagster as dg
from dagster_dbt import DbtProject, dbt_assets

from user_activity.ingest.reference_files import references
from user_activity.orchestration import asset_metadata, built_tables, staleness
from user_activity.orchestration.asset_metadata import Materialisation
from user_activity.orchestration.dbt import runner, test_descriptions
from user_activity.orchestration.dbt.build import EVERYTHING, PLAN, PLANS, run_dbt
from user_activity.orchestration.dbt.recipes import Recipes
from user_activity.orchestration.dbt.runner import NodeResult, OnDone
from user_activity.orchestration.dbt.translator import Translator, meta_of, relation_of
from user_activity.orchestration.ingested_lake import IngestedLake
from user_activity.orchestration.masking import masked_record
from user_activity.orchestration.metadata_tables import EXAMPLES, table
from user_activity.orchestration.partitions import ONLY_STALE, run_dates
from user_activity.orchestration.resources import RETRIES, WAREHOUSE_POOL, Progress
from user_activity.orchestration.runs.errors import not_built
from user_activity.orchestration.runs.liveness import hold, is_at_work
from user_activity.settings import Settings
from user_activity.warehouse import Warehouse, open_warehouse

DBT_NAME = "dagster_dbt/unique_id"
SHOWN_FAILURES = 5


def model_assets(settings: Settings, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """Return all models of the dbt project as assets, with its tests as their checks."""
    nodes = manifest["nodes"]

    @dbt_assets(
        manifest=manifest,
        name="models",
        project=DbtProject(runner.PROJECT_DIR),
        dagster_dbt_translator=Translator(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=RETRIES,
        pool=WAREHOUSE_POOL,
    )
    def models(
        context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], progress: dg.ResourceParam[Progress]
    ) -> Iterator[Any]:
        progress.heed_stop()
        asked, run_id = run_dates(context), context.run.run_id
        warehouse = open_warehouse(settings)
        hold(settings, run_id)
        with warehouse.building(run_id) as build:
            # A run that is executed again has the tags of the first one, but is asked for.
            if ONLY_STALE in context.run.tags and not context.run.parent_run_id:
                asked = staleness.needed(
                    settings, warehouse, asked, lambda other: other != run_id and is_at_work(settings, other)
                )
                if not asked:
                    context.log.info("Another run has built these dates, or builds them: nothing is left to do.")
                    return
            selection = _selection(context, nodes)
            chosen = _chosen(nodes, selection)
            plan = staleness.plan(settings, warehouse, run_id, asked, chosen)
            warehouse.sync(IngestedLake(settings))
            for table in references(settings):
                warehouse.load(table.relation, table.columns, table.rows)
            complete = selection == EVERYTHING
            staleness.remember(warehouse, plan, complete=complete, widened={})
            project = Recipes(manifest)
            other = built_tables.begin(warehouse, project, chosen)
            environment = {**plan.environment, "USER_ACTIVITY_MADE_ANEW": ",".join(other) if plan.all_dates else ""}
            tell = _progress_reporter(context, progress, _size(context))
            results = run_dbt(build, settings, manifest, selection, asked, environment, tell)
            built = [result.relation for result in results if result.kind == "model" and result.status == "success"]
            built_tables.finish(warehouse, project, built, all_dates=plan.all_dates)
            widened = _widened(warehouse, run_id, results)
            staleness.remember(warehouse, plan, complete=complete, widened=widened)
            dates = sorted({*asked, *widened})
            yield from _report(context, settings, warehouse, nodes, results, dates)
            errors = [result for result in results if result.status == "error" and result.kind != "test"]
            if errors:
                names, _ = _unique_ids(context)
                assets = [names[result.unique_id] for result in errors if result.unique_id in names]
                raise not_built({result.relation: result.message for result in errors}, assets)
            if complete and all(result.status == "success" for result in results if result.kind == "model"):
                build.finished()

    return models


def published_relations(manifest: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the date column of each mart and metric by relation; None for a table that is written as a whole."""
    return {
        relation_of(node): (
            meta_of(node).get("date_column")
            if meta_of(node).get("partitioned") and not meta_of(node).get("written_whole")
            else None
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in ("marts", "metrics")
    }


def table_schema(manifest: Mapping[str, Any], relation: str) -> dg.TableSchema:
    """Return the columns of a model, from its contract."""
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    node = next(node for node in models if relation_of(node) == relation)
    return dg.TableSchema(
        [
            dg.TableColumn(column["name"], column["data_type"], description=column["description"])
            for column in node["columns"].values()
        ]
    )


def _selection(context: dg.AssetExecutionContext, nodes: Mapping[str, Any]) -> list[str]:
    """Return dbt's selection: everything, or the selected models and checks, and the plan that dated models read."""
    if not context.is_subset:
        return EVERYTHING
    models, checks = _unique_ids(context)
    chosen = [name for name, key in models.items() if key in context.selected_asset_keys]
    chosen += [name for name, key in checks.items() if key in context.selected_asset_check_keys]
    if any(nodes[name]["resource_type"] == "model" for name in chosen):
        chosen += [name for name in models if relation_of(nodes[name]) in PLANS]
    return sorted({".".join(nodes[name]["fqn"]) for name in chosen})


def _chosen(nodes: Mapping[str, Any], selection: Sequence[str]) -> list[str]:
    """Return the relations of the models that dbt will build."""
    models = (node for node in nodes.values() if node["resource_type"] == "model")
    return [relation_of(node) for node in models if selection == EVERYTHING or ".".join(node["fqn"]) in selection]


def _unique_ids(context: dg.AssetExecutionContext) -> tuple[dict[str, dg.AssetKey], dict[str, dg.AssetCheckKey]]:
    """Return the Dagster keys of all models, and of all tests, by dbt's unique id."""
    models = {spec.metadata[DBT_NAME]: spec.key for spec in context.assets_def.specs}
    specs = context.assets_def.node_check_specs_by_output_name.values()
    return models, {spec.metadata[DBT_NAME]: spec.key for spec in specs}


def _widened(warehouse: Warehouse, run_id: str, results: Sequence[NodeResult]) -> dict[date, str]:
    """Return the event dates in a run's plan, with the reason for each; empty if it made no plan."""
    if not any(result.relation == PLAN and result.status == "success" for result in results):
        return {}
    return dict(warehouse.query(f"select event_date, reason from {PLAN} where run_id = '{run_id}'").rows)


def _report(
    context: dg.AssetExecutionContext,
    settings: Settings,
    warehouse: Warehouse,
    nodes: Mapping[str, Any],
    results: Sequence[NodeResult],
    dates: Sequence[date],
) -> Iterator[Any]:
    """Yield materialisations of the built models, then results of the tests."""
    models, checks = _unique_ids(context)
    tested = {
        checks[result.unique_id]: result
        for result in results
        if checks.get(result.unique_id) in context.selected_asset_check_keys and result.status != "skipped"
    }
    with warehouse.reading():
        for result in results:
            name = result.unique_id
            if models.get(name) in context.selected_asset_keys and result.status == "success":
                seconds = result.seconds
                yield from _materialise(context, warehouse, models[name], nodes[name], dates, build_seconds=seconds)
        latest = asset_metadata.latest_materialisations(context, {key.asset_key for key in tested})
        specs = context.assets_def.node_check_specs_by_output_name
        for output_name, spec in specs.items():
            if spec.key in tested:
                if spec.blocking:  # what comes after this step waits for the output
                    yield dg.Output(None, output_name)
                yield _evaluation(settings, warehouse, spec, tested[spec.key], latest.get(spec.asset_key))


def _materialise(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    key: dg.AssetKey,
    node: Mapping[str, Any],
    dates: Sequence[date],
    **shared: Any,
) -> Iterator[Any]:
    if meta_of(node).get("partitioned"):
        counts = warehouse.row_counts(relation_of(node), meta_of(node)["date_column"], dates)
        facts: dict[date, asset_metadata.Metadata] = {
            day: {"dagster/partition_row_count": count} for day, count in counts.items()
        }
        latest = max((day for day, count in counts.items() if count), default=None)
        if latest:
            where = f"where {meta_of(node)['date_column']} = date '{latest}'"
            facts[latest]["preview"] = asset_metadata.preview(warehouse, relation_of(node), where)
        yield from asset_metadata.materialise(context, key, facts, **shared)
    else:
        rows = warehouse.query(f"select count(*) from {relation_of(node)}").rows[0][0]
        preview = asset_metadata.preview(warehouse, relation_of(node))
        yield dg.MaterializeResult(asset_key=key, metadata={**shared, "dagster/row_count": rows, "preview": preview})


def _evaluation(
    settings: Settings, warehouse: Warehouse, spec: dg.AssetCheckSpec, result: NodeResult, of: Materialisation | None
) -> dg.AssetCheckEvaluation:
    """Return a dbt test's result: the number of failing rows, and some of them, masked before long text is cut.

    Dagster makes the same of an `AssetCheckResult`, but queries the materialisation for each check.
    """
    passed = result.status == "pass"
    metadata: dict[str, Any] = {"failing_rows": result.failures}
    words = None if passed else result.message
    if not passed and result.failures and result.sql:
        found = warehouse.query(f"select * from ({result.sql}) as failing limit {SHOWN_FAILURES}")
        records = [masked_record(record, settings) for record in found.records()]
        words = test_descriptions.found(result.failures, records)
        metadata[EXAMPLES] = table(records)
    return dg.AssetCheckEvaluation(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
        description=words,
        metadata=metadata,
        target_materialization_data=of,
        blocking=spec.blocking,
    )


def _progress_reporter(context: dg.AssetExecutionContext, progress: Progress, total: int) -> OnDone:
    done = count(1)

    def tell(_: str, line: str) -> None:
        if line:
            context.log.info(line)
        progress.tell("models", next(done), total)

    return tell


def _size(context: dg.AssetExecutionContext) -> int:
    return len(context.selected_asset_keys) + len(context.selected_asset_check_keys)
