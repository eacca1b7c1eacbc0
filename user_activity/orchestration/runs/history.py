"""Dagster's event log as audit tables: runs, their dates, row counts and check results.

The instance's runs are compared with the recorded ones. A run whose state differs is read again, and its rows are
replaced. So no run is skipped or recorded twice, and runs deleted from the instance stay in the tables.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from user_activity.orchestration.date_ranges import ranges, written
from user_activity.orchestration.instance.process_locks import PROCESS_TAG
from user_activity.orchestration.masking import masked, masked_record
from user_activity.orchestration.metadata_tables import examples
from user_activity.orchestration.partitions import tagged_dates
from user_activity.orchestration.runs.errors import cause
from user_activity.settings import Settings
from user_activity.warehouse import Rows, Warehouse

RECORD = "record_runs"  # the recording job; its own runs are not recorded, or recording would never end
FAILURES = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
READ = {dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.ASSET_CHECK_EVALUATION, *FAILURES}
COUNTS = ("dagster/partition_row_count", "dagster/row_count")
FAILING = ("failing_rows", "found")
LONGEST_TEXT = 2000
ROWS_AT_ONCE = 20_000

# The first match is the direct cause: a retried run keeps the tags of the original.
LAUNCHERS = {
    "dagster/retry_number": "automatic retry",
    "dagster/parent_run_id": "re-execution",
    PROCESS_TAG: "command line",
    "dagster/sensor_name": "sensor {}",
    "dagster/schedule_name": "schedule {}",
    "dagster/backfill": "backfill {}",
}

COLUMNS = {
    "audit.run_dates": ("run_id", "run_date"),
    "audit.row_counts": ("run_id", "relation", "partition_date", "row_count", "counted_at"),
    "audit.dq_results": (
        *("run_id", "relation", "check_name", "partition_date", "severity", "passed"),
        *("failing_rows", "observed", "expected", "failing_examples", "evaluated_at"),
    ),
    "audit.pipeline_runs": (
        *("run_id", "job", "dates", "state", "launched_by", "started_at"),
        *("ended_at", "seconds", "row_count", "error"),
    ),
}

Expected = Mapping[dg.AssetCheckKey, str | None]
Counts = dict[tuple[str, date | None], tuple[int, datetime | None]]  # row count and time, by table and partition


@dataclass
class _AuditRows:
    """Rows of some runs, by audit table."""

    run_ids: list[str] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {relation: [] for relation in COLUMNS})

    def write(self, warehouse: Warehouse) -> None:
        tables = {name: Rows(columns, tuple(self.rows[name])) for name, columns in COLUMNS.items()}
        warehouse.replace_rows("run_id", self.run_ids, tables)


def record(instance: dg.DagsterInstance, settings: Settings, warehouse: Warehouse, expected: Expected, own: str) -> int:
    """Update the audit tables from the instance, except for the run ``own``; returns the number of changed runs."""
    warehouse.prepare()
    known = dict(warehouse.query("select run_id, state from audit.pipeline_runs").rows)
    changed = [run_id for run_id, state in _states(instance).items() if known.get(run_id) != state and run_id != own]
    audit_rows = _AuditRows()
    for run_id in changed:
        found = instance.get_run_record_by_id(run_id)
        if found:
            audit_rows.run_ids.append(run_id)
            # The run is read before its events: if it has ended by then, its events are complete.
            for relation, rows in _read(instance, settings, found, expected).items():
                audit_rows.rows[relation] += rows
        if sum(map(len, audit_rows.rows.values())) >= ROWS_AT_ONCE:
            audit_rows.write(warehouse)
            audit_rows = _AuditRows()
    if audit_rows.run_ids:
        audit_rows.write(warehouse)
    return len(changed)


def _states(instance: dg.DagsterInstance) -> dict[str, str]:
    """Return the state of every run by id. Reading whole runs would take a hundred times as long."""
    own = set(instance.get_run_ids(dg.RunsFilter(job_name=RECORD)))
    return {
        run_id: _state(status)
        for status in dg.DagsterRunStatus
        for run_id in instance.get_run_ids(dg.RunsFilter(statuses=[status]))
        if run_id not in own
    }


def _read(
    instance: dg.DagsterInstance, settings: Settings, found: dg.RunRecord, expected: Expected
) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of one run, by audit table."""
    run = found.dagster_run
    counts: Counts = {}
    checks, failures = [], []
    for entry in instance.all_logs(run.run_id, of_type=READ):
        event, at = entry.get_dagster_event(), _at(entry.timestamp)
        if event.event_type in FAILURES:
            failures.append(event)
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            checks.append((run.run_id, *_evaluation(event.asset_check_evaluation_data, settings, expected), at))
        else:
            counts.update(_count(event.step_materialization_data.materialization, at))
    dates = tagged_dates(run.tags)
    started, ended = found.start_time, found.end_time
    return {
        "audit.pipeline_runs": [
            (
                run.run_id,
                run.job_name,
                written(ranges(dates)) or None,
                _state(run.status),
                _launcher(run.tags),
                _at(started),
                _at(ended),
                round(ended - started, 3) if started and ended else None,
                sum(rows for rows, _ in counts.values()) if counts else None,
                _text("\n".join(dict.fromkeys(_sentences(failures))), settings),
            )
        ],
        "audit.run_dates": [(run.run_id, day) for day in sorted(dates)],
        "audit.row_counts": [(run.run_id, relation, day, rows, at) for (relation, day), (rows, at) in counts.items()],
        "audit.dq_results": checks,
    }


def _count(materialisation: dg.AssetMaterialization, at: datetime | None) -> Counts:
    """Return the row count of a materialised table or partition; empty for published copies."""
    rows = next((value for name in COUNTS if (value := _value(materialisation.metadata, name)) is not None), None)
    if rows is None or materialisation.asset_key.path[0] == "published":
        return {}
    return {(_relation(materialisation.asset_key), _day(materialisation.partition)): (rows, at)}


def _evaluation(found: dg.AssetCheckEvaluation, settings: Settings, expected: Expected) -> tuple[Any, ...]:
    failing = next((value for name in FAILING if (value := _value(found.metadata, name)) is not None), None)
    return (
        _relation(found.asset_key),
        found.check_name,
        _day(found.partition),
        found.severity.value.lower(),
        found.passed,
        0 if found.passed else failing,
        _text(_observed(found), settings),
        expected.get(found.asset_check_key),
        None if found.passed else _examples(found, settings),
    )


def _examples(found: dg.AssetCheckEvaluation, settings: Settings) -> str | None:
    """Return some failing rows of a check as a JSON array of objects."""
    records = [masked_record(record, settings) for record in examples(found.metadata)]
    return json.dumps(records, ensure_ascii=False) if records else None


def _observed(found: dg.AssetCheckEvaluation) -> str:
    """Return the description and the figures of a check result."""
    figures = (
        f"{name.replace('_', ' ')} {value.value}"
        for name, value in found.metadata.items()
        if isinstance(value, (dg.IntMetadataValue, dg.FloatMetadataValue))
    )
    return "; ".join(filter(None, [found.description, ", ".join(figures)]))


def _sentences(failures: Sequence[dg.DagsterEvent]) -> Iterator[str]:
    """Yield one error message per failed step; the run's own error only if no step failed."""
    steps = [event for event in failures if event.event_type == dg.DagsterEventType.STEP_FAILURE]
    for event in steps or failures:
        yield f"{event.step_key}: {cause(event)}" if event.step_key else cause(event)


def _launcher(tags: Mapping[str, str]) -> str:
    return next((words.format(tags[tag]) for tag, words in LAUNCHERS.items() if tag in tags), "UI")


def _state(status: dg.DagsterRunStatus) -> str:
    return status.value.lower()


def _relation(key: dg.AssetKey) -> str:
    return ".".join(key.path)


def _value(metadata: Mapping[str, Any], name: str) -> Any:
    return metadata[name].value if name in metadata else None


def _text(text: str, settings: Settings) -> str | None:
    """Return text that every engine can store: shortened, secrets masked, no NUL characters."""
    return masked(text.replace("\0", ""), settings)[:LONGEST_TEXT] or None


def _at(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None) if seconds else None


def _day(partition: str | None) -> date | None:
    with suppress(TypeError, ValueError):
        return date.fromisoformat(partition or "")
    return None
