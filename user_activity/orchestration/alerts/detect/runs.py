"""Incidents of runs: runs that failed and are not retried, and failed checks.

A run that Dagster retries, or that was interrupted and whose dates a later run processes, is no incident: the later
run's result counts. A run succeeds even if a non-blocking check failed, so the checks of all runs are read.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

import dagster as dg

from user_activity.orchestration.alerts.detect.owners import Owners
from user_activity.orchestration.alerts.incidents import LONGEST_CAUSE, Incident, IncidentLog, first_line, key
from user_activity.orchestration.date_ranges import ranges, written
from user_activity.orchestration.instance.private_names import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG
from user_activity.orchestration.masking import masked, masked_record
from user_activity.orchestration.metadata_tables import MOST_EXAMPLES, examples
from user_activity.orchestration.partitions import tagged_dates
from user_activity.orchestration.runs import errors
from user_activity.settings import Settings

LOOK_BACK = 24 * 3600  # seconds that the first tick covers
OVERLAP = 600  # seconds of tolerance for clock differences and slow writes
PATIENCE = 900  # seconds to wait for a later run that processes the dates of an interrupted one
UNDECIDED = 60  # seconds in which Dagster decides whether to retry a failed run
MOST_RUNS = 200  # evaluated per tick
BLOCKED = "DagsterAssetCheckFailedError"


@dataclass(frozen=True)
class Watch:
    """Finds incidents in ended runs."""

    settings: Settings
    instance: dg.DagsterInstance
    owners: Owners

    def new_problems(self, memory: IncidentLog, now: float) -> Iterator[Incident]:
        """Yield the incidents of ended runs that were not evaluated before."""
        waiting, memory.waiting = memory.waiting, []
        undecided = self._records(dg.RunsFilter(run_ids=waiting)) if waiting else []
        for record in [*undecided, *self._ended(memory, now)]:
            run = record.dagster_run
            continued = run.status == dg.DagsterRunStatus.FAILURE and self._is_continued(record, now)
            if continued is None:
                memory.waiting.append(run.run_id)
            else:
                yield from self._evaluate(record, failure=run.status == dg.DagsterRunStatus.FAILURE and not continued)

    def _evaluate(self, record: dg.RunRecord, *, failure: bool) -> list[Incident]:
        """Return the incidents of a run; an unreadable run is an incident, too, and does not hide other runs'."""
        try:
            return list(self._problems(record, failure=failure))
        except Exception as error:  # noqa: BLE001 - every error must be reported
            name, cause = record.dagster_run.job_name, f"{type(error).__name__}: {error}"
            return [
                self._problem(
                    record,
                    key=key("failed_run", name, "unreadable", cause),
                    kind="failed_run",
                    title=f"{name} ended, and its events cannot be read",
                    cause=cause,
                    dates=_dates(tagged_dates(record.dagster_run.tags)),
                )
            ]

    def _ended(self, memory: IncidentLog, now: float) -> list[dg.RunRecord]:
        """Return the runs that ended since the last tick, without those already seen; advances the cursor."""
        since = now - LOOK_BACK if memory.since is None else memory.since
        horizon = since - OVERLAP
        states = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
        found = self._records(dg.RunsFilter(statuses=states, updated_after=datetime.fromtimestamp(horizon, UTC)))
        # Adding a tag to an old run updates it, so that it is found as well.
        fresh = [each for each in found if each.dagster_run.run_id not in memory.seen and _ended_at(each) >= horizon]
        fresh = fresh[:MOST_RUNS]
        memory.since = max([since, *(each.update_timestamp.timestamp() for each in fresh)])
        memory.seen.update({each.dagster_run.run_id: each.update_timestamp.timestamp() for each in fresh})
        memory.seen = {run: at for run, at in memory.seen.items() if at >= memory.since - OVERLAP}
        return fresh

    def _records(self, filters: dg.RunsFilter) -> list[dg.RunRecord]:
        return list(self.instance.get_run_records(filters, order_by="update_timestamp", ascending=True))

    def _is_continued(self, record: dg.RunRecord, now: float) -> bool | None:
        """Return whether a later run continues a failed run; None while this is undecided."""
        run, age = record.dagster_run, now - _ended_at(record)
        decision = run.tags.get(WILL_RETRY_TAG)
        if decision is None and self.instance.run_retries_enabled and age < UNDECIDED:
            return None
        if decision != "true":
            return False
        if AUTO_RETRY_RUN_ID_TAG in run.tags or self._has_later_run(record):
            return True
        return None if age < PATIENCE else False

    def _has_later_run(self, record: dg.RunRecord) -> bool:
        """Return whether a later run of the same job processes the same dates."""
        run, dates = record.dagster_run, tagged_dates(record.dagster_run.tags)
        later = self.instance.get_runs(dg.RunsFilter(job_name=run.job_name, created_after=record.create_timestamp))
        return any(dates <= tagged_dates(other.tags) for other in later if other.run_id != run.run_id)

    def _problems(self, record: dg.RunRecord, *, failure: bool) -> Iterator[Incident]:
        """Yield an incident per failed check, and per step that failed for another reason."""
        run = record.dagster_run
        events = self._events(run.run_id)
        broken = list(self._broken_checks(events[dg.DagsterEventType.ASSET_CHECK_EVALUATION], record))
        yield from broken
        if failure:
            failed = [step for step in events[dg.DagsterEventType.STEP_FAILURE] if not _was_blocked(step)]
            yield from (self._failed_step(step, record) for step in failed)
            if not failed and not any(problem.severity == "error" for problem in broken):
                yield self._failed_run(events[dg.DagsterEventType.RUN_FAILURE], record)

    def _events(self, run_id: str) -> Mapping[dg.DagsterEventType, list[dg.DagsterEvent]]:
        kinds = {
            dg.DagsterEventType.ASSET_CHECK_EVALUATION,
            dg.DagsterEventType.STEP_FAILURE,
            dg.DagsterEventType.RUN_FAILURE,
        }
        found = defaultdict(list)
        for entry in self.instance.all_logs(run_id, of_type=kinds):
            event = entry.get_dagster_event()
            found[event.event_type].append(event)
        return found

    def _broken_checks(self, events: list[dg.DagsterEvent], record: dg.RunRecord) -> Iterator[Incident]:
        """Yield an incident per failed check; a partitioned check names the partitions."""
        broken = defaultdict(list)
        for event in events:
            result = cast("dg.AssetCheckEvaluation", event.event_specific_data)
            if not result.passed and (
                result.severity == dg.AssetCheckSeverity.ERROR or self.settings.alert_on_warnings
            ):
                broken[(result.asset_key, result.check_name, result.severity)].append(result)
        for (asset, check, severity), results in broken.items():
            is_error = severity == dg.AssetCheckSeverity.ERROR
            days = {date.fromisoformat(result.partition) for result in results if result.partition}
            said = "\n".join(result.description for result in results if result.description)
            rows = [masked_record(row, self.settings) for result in results for row in examples(result.metadata)]
            yield self._problem(
                record,
                key=key("failed_check", asset.to_user_string(), check, severity.value),
                kind="failed_check",
                severity="error" if is_error else "warning",
                title=f"{asset.to_user_string()}: {check} {'does not hold' if is_error else 'warns'}",
                cause=said or "The check gives no details; its findings are below and in the UI.",
                dates=_dates(days or tagged_dates(record.dagster_run.tags)),
                asset=asset.to_user_string(),
                check=check,
                facts=_facts(results),
                examples=tuple(rows[:MOST_EXAMPLES]),
                owners=self.owners.of([asset]),
            )

    def _failed_step(self, event: dg.DagsterEvent, record: dg.RunRecord) -> Incident:
        run, step, cause = record.dagster_run, event.step_key or "", errors.cause(event)
        return self._problem(
            record,
            key=key("failed_run", run.job_name, step, cause),
            kind="failed_run",
            title=f"{run.job_name} failed in {step}: {first_line(cause)}",
            cause=cause,
            dates=_dates(tagged_dates(run.tags)),
            step=step,
            owners=self.owners.of(errors.failed_assets(event)) or self.owners.of_step(step, run.asset_selection),
        )

    def _failed_run(self, events: list[dg.DagsterEvent], record: dg.RunRecord) -> Incident:
        """Return the incident of a run that failed outside any step: process died, timed out, or never started."""
        run, cause = record.dagster_run, errors.cause(events[-1]) if events else errors.SILENT
        return self._problem(
            record,
            key=key("failed_run", run.job_name, cause),
            kind="failed_run",
            title=f"{run.job_name} failed: {first_line(cause)}",
            cause=cause,
            dates=_dates(tagged_dates(run.tags)),
        )

    def _problem(self, record: dg.RunRecord, **fields: Any) -> Incident:
        """Return an incident of a run, with secrets masked."""
        run = record.dagster_run
        texts = {name: masked(fields[name], self.settings)[:LONGEST_CAUSE] for name in ("title", "cause")}
        return Incident(**{**fields, **texts}, at=_ended_at(record), job=run.job_name, run_id=run.run_id)


def _ended_at(record: dg.RunRecord) -> float:
    return record.end_time or record.update_timestamp.timestamp()


def _was_blocked(event: dg.DagsterEvent) -> bool:
    """Return whether a step failed only because one of its blocking checks failed."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name == BLOCKED


def _dates(days: set[date]) -> str | None:
    return written(ranges(days)) or None


def _facts(results: list[dg.AssetCheckEvaluation]) -> dict[str, float]:
    """Return a check's counts, summed over all partitions that it failed on."""
    facts: dict[str, float] = defaultdict(int)
    for result in results:
        for name, value in result.metadata.items():
            if isinstance(value, (dg.IntMetadataValue, dg.FloatMetadataValue)) and value.value is not None:
                facts[name] += value.value
    return dict(facts)
