"""Metadata for asset pages: row counts per partition, files, rejected rows per rule, schemas, previews."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData
from dagster._core.events import DagsterEventBatchMetadata
from dagster._core.execution.context.metadata_logging import AssetMetadataHandle, OutputMetadataAccumulator

from user_activity.ingest import PartitionResult
from user_activity.orchestration.date_ranges import ranges, written
from user_activity.orchestration.ingested_lake import raw_columns
from user_activity.orchestration.metadata_tables import table
from user_activity.sources import Source
from user_activity.warehouse import Warehouse

SHOWN_ROWS = 5
SHOWN_FILES = 50
FILE_FACTS = {
    "file": "file_name",
    "status": "status",
    "landed": "rows_landed",
    "accepted": "rows_accepted",
    "quarantined": "rows_quarantined",
    "late": "rows_late",
    "bytes": "size_bytes",
}

Metadata = dict[str, Any]
Materialisation = AssetCheckEvaluationTargetMaterializationData


def materialise(
    context: dg.AssetExecutionContext, key: dg.AssetKey, facts: Mapping[date, Metadata], **shared: Any
) -> Iterator[Any]:
    """Yield the result of an asset with metadata per partition.

    Partitions outside the run's range, reopened by late rows, are logged as separate materialisations. So the UI shows
    them as rebuilt, too.
    """
    own = set(context.partition_keys) if context.has_partition_key_range else set()
    add_partition_metadata(context, key, {str(day): facts[day] for day in facts if str(day) in own})
    others = [
        dg.AssetMaterialization(key, partition=str(day), metadata={**shared, **metadata})
        for day, metadata in facts.items()
        if str(day) not in own
    ]
    _log_as_batch(context, others)
    yield dg.MaterializeResult(asset_key=key, metadata=shared)


def _log_as_batch(context: dg.AssetExecutionContext, materialisations: Sequence[dg.AssetMaterialization]) -> None:
    """Store materialisations in one transaction; `context.log_event` needs one for each."""
    step, batch = context.get_step_execution_context(), str(uuid4())
    for number, materialisation in enumerate(materialisations, 1):
        dg.DagsterEvent.asset_materialization(
            step, materialisation, DagsterEventBatchMetadata(batch, number == len(materialisations))
        )


def latest_materialisations(
    context: dg.AssetExecutionContext, keys: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, Materialisation]:
    """Return the last materialisation of each asset that has one, as a check's result refers to it."""
    entries = (record.asset_entry for record in context.instance.get_asset_records(list(keys)))
    found = {entry.asset_key: entry.last_materialization_record for entry in entries}
    return {
        key: Materialisation(storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp)
        for key, record in found.items()
        if record
    }


def add_partition_metadata(
    context: dg.AssetExecutionContext, key: dg.AssetKey, metadata: Mapping[str, Metadata]
) -> None:
    """Add metadata to many partitions at once; `context.add_asset_metadata` copies all earlier metadata per call."""
    step = context.get_step_execution_context()
    added: dict[Any, Any] = {
        AssetMetadataHandle(asset_key=key, partition_key=part): facts for part, facts in metadata.items()
    }
    step._metadata_accumulator = OutputMetadataAccumulator(  # noqa: SLF001
        per_output_metadata={**step._metadata_accumulator.per_output_metadata, **added}  # noqa: SLF001
    )


def raw_metadata(result: PartitionResult) -> Metadata:
    """Return the metadata of one raw partition."""
    metadata: Metadata = {
        "dagster/partition_row_count": result.rows_accepted,
        "rows_landed": result.rows_landed,
        "rows_accepted": result.rows_accepted,
        "rows_quarantined": result.rows_quarantined,
        "rows_open": result.rows_open,
        "rows_late": result.rows_late,
        "event_dates_touched": written(ranges(result.event_dates)).replace(",", ", "),
    }
    if result.files:
        metadata["file_count"] = len(result.files)
        metadata["files"] = table(
            {name: getattr(file, fact) for name, fact in FILE_FACTS.items()} for file in result.files[:SHOWN_FILES]
        )
    if result.rejected_by_rule:
        metadata["quarantined_by_rule"] = table(
            {"rule": rule, "rows": rows} for rule, rows in result.rejected_by_rule.items()
        )
    if result.warnings_by_rule:
        metadata["set_aside_by_rule"] = table(
            {"rule": rule, "values": values} for rule, values in result.warnings_by_rule.items()
        )
    return metadata


def raw_preview(result: PartitionResult) -> dg.MetadataValue[Any]:
    """Return the first accepted rows of a raw partition."""
    return _rows(result.preview(SHOWN_ROWS))


def preview(warehouse: Warehouse, relation: str, where: str = "") -> dg.MetadataValue[Any]:
    """Return up to ``SHOWN_ROWS`` rows of a table."""
    return _rows(warehouse.query(f"select * from {relation} {where} limit {SHOWN_ROWS}").records())


def _rows(rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue[Any]:
    """Return rows as table metadata, without columns that have no values."""
    names = [name for name in (rows[0] if rows else {}) if any(row[name] is not None for row in rows)]
    return table({name: row[name] for name in names} for row in rows) if names else dg.MetadataValue.text("No rows.")


def raw_schema(source: Source) -> dg.TableSchema:
    """Return the columns of a raw asset, with the contract's descriptions."""
    fields = source.contract.model_fields
    return dg.TableSchema(
        [
            dg.TableColumn(name, kind.lower(), description=fields[name].description if name in fields else None)
            for name, kind in raw_columns(source).items()
        ]
    )


def code_of(*objects: Any) -> dg.CodeReferencesMetadataValue:
    """Return references to the source code of these objects."""
    return dg.CodeReferencesMetadataValue(
        code_references=[
            dg.LocalFileCodeReference(
                file_path=str(Path(inspect.getfile(thing)).resolve()),
                line_number=inspect.getsourcelines(thing)[1],
                label=thing.__name__,
            )
            for thing in objects
        ]
    )
