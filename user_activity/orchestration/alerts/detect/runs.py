"""Problems of runs: those that failed for good, and checks that did not hold.

A run that Dagster starts again, or that was cut off and whose dates a later run takes up, is no problem: the fate of
its successor is told. A run whose check failed without blocking counts as a success, so checks are read of all runs.
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

LOOK_BACK = 24 * 3600  # seconds; what the very first tick tells of
OVERLAP = 600  # seconds that clocks and slow writers may be apart
PATIENCE = 900  # seconds in which a run that was cut off may find a successor
UNDECIDED = 60  # seconds in which Dagster says whether it starts a failed run again
MOST_RUNS = 200  # judged in one tick
BLOCKED = "DagsterAssetCheckFailedError"


@dataclass(frozen=True)
class Watch:
    """What runs are judged by."""

    settings: Settings
    instance: dg.DagsterInstance
    owners: Owners

    def new_problems(self, memory: IncidentLog, now: float) -> Iterator[Incident]:
        """The problems of runs that have ended and were not judged before."""
        waiting, memory.waiting = memory.waiting, []
        undecided = self._records(dg.RunsFilter(run_ids=waiting)) if waiting else []
        for record in [*undecided, *self._ended(memory, now)]:
            run = record.dagster_run
            gone_on = run.status == dg.DagsterRunStatus.FAILURE and self._goes_on(record, now)
            if gone_on is None:
                memory.waiting.append(run.run_id)
            else:
                yield from self._judged(record, failure=run.status == dg.DagsterRunStatus.FAILURE and not gone_on)

    def _judged(self, record: dg.RunRecord, *, failure: bool) -> list[Incident]:
        """The problems of a run; that it cannot be read is one, too, and hides no other run's."""
        try:
            return list(self._problems(record, failure=failure))
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody must hear of it
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
        """Runs that ended since the last look, without those of the look before it."""
        since = now - LOOK_BACK if memory.since is None else memory.since
        horizon = since - OVERLAP
        states = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
        found = self._records(dg.RunsFilter(statuses=states, updated_after=datetime.fromtimestamp(horizon, UTC)))
        # A tag that is added to a run of long ago makes it appear as well.
        fresh = [each for each in found if each.dagster_run.run_id not in memory.seen and _ended_at(each) >= horizon]
        fresh = fresh[:MOST_RUNS]
        memory.since = max([since, *(each.update_timestamp.timestamp() for each in fresh)])
        memory.seen.update({each.dagster_run.run_id: each.update_timestamp.timestamp() for each in fresh})
        memory.seen = {run: at for run, at in memory.seen.items() if at >= memory.since - OVERLAP}
        return fresh

    def _records(self, filters: dg.RunsFilter) -> list[dg.RunRecord]:
        return list(self.instance.get_run_records(filters, order_by="update_timestamp", ascending=True))

    def _goes_on(self, record: dg.RunRecord, now: float) -> bool | None:
        """Whether a failed run has a successor whose fate will be told; None while that is open."""
        run, age = record.dagster_run, now - _ended_at(record)
        decision = run.tags.get(WILL_RETRY_TAG)
        if decision is None and self.instance.run_retries_enabled and age < UNDECIDED:
            return None
        if decision != "true":
            return False
        if AUTO_RETRY_RUN_ID_TAG in run.tags or self._is_taken_up(record):
            return True
        return None if age < PATIENCE else False

    def _is_taken_up(self, record: dg.RunRecord) -> bool:
        """Whether a later run of the same job works on the same dates."""
        run, dates = record.dagster_run, tagged_dates(record.dagster_run.tags)
        later = self.instance.get_runs(dg.RunsFilter(job_name=run.job_name, created_after=record.create_timestamp))
        return any(dates <= tagged_dates(other.tags) for other in later if other.run_id != run.run_id)

    def _problems(self, record: dg.RunRecord, *, failure: bool) -> Iterator[Incident]:
        """Each check that does not hold, and each step that failed by itself."""
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
        """A problem for each check; one that is judged by partition names the partitions."""
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
                cause=said or "The check says no more; what it found is below and in the UI.",
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
        """A run that ended outside of any step: its process died, its time was up, it never began."""
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
        """A problem of a run, without secrets."""
        run = record.dagster_run
        texts = {name: masked(fields[name], self.settings)[:LONGEST_CAUSE] for name in ("title", "cause")}
        return Incident(**{**fields, **texts}, at=_ended_at(record), job=run.job_name, run_id=run.run_id)


def _ended_at(record: dg.RunRecord) -> float:
    return record.end_time or record.update_timestamp.timestamp()


def _was_blocked(event: dg.DagsterEvent) -> bool:
    """Whether a step failed only because one of its checks blocks."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name == BLOCKED


def _dates(days: set[date]) -> str | None:
    return written(ranges(days)) or None


def _facts(results: list[dg.AssetCheckEvaluation]) -> dict[str, float]:
    """The counts that a check gives, over all partitions that it failed on."""
    facts: dict[str, float] = defaultdict(int)
    for result in results:
        for name, value in result.metadata.items():
            if isinstance(value, (dg.IntMetadataValue, dg.FloatMetadataValue)) and value.value is not None:
                facts[name] += value.value
    return dict(facts)
