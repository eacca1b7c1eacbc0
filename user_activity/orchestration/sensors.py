"""Sensors: request ingest runs for pending files, build runs for stale event dates, and recordings of ended runs.

All compare states, not times: a file is pending until a run has archived it, and a date is stale until a build has read
its current state in the lake. So a missed tick or a failed run loses nothing: the next tick finds the same work.
Run requests have no run key: Dagster would ignore the second request for a file that was sent again unchanged.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

import dagster as dg

from user_activity.ingest.landing import incoming
from user_activity.ingest.landing.passed_over import passed_over
from user_activity.ingest.partition.outdated import outdated
from user_activity.orchestration import staleness
from user_activity.orchestration.assets.landing import landed_files
from user_activity.orchestration.date_ranges import DAY, WEEK, ranges, written
from user_activity.orchestration.jobs import BUILD, built_and_published, ingest_job_name
from user_activity.orchestration.partitions import ONLY_STALE, range_tags, tagged_dates
from user_activity.orchestration.runs.history import RECORD
from user_activity.orchestration.runs.liveness import unfinished_runs
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source
from user_activity.warehouse import WarehouseBusy

LONGEST_WAIT = 64  # ticks between two requests
LATEST_RUNS = 20  # enough that one of them is not a recording
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Return one sensor per source, one that requests builds, and one that records ended runs."""
    return [
        *(build_file_sensor(settings, source) for source in SOURCES.values()),
        build_date_sensor(settings),
        build_recording_sensor(settings),
    ]


def build_file_sensor(settings: Settings, source: Source) -> dg.SensorDefinition:
    """Return the sensor that requests ingest runs for a source's landing dates with settled files."""
    step = WEEK if source.cadence == "weekly" else DAY

    @dg.sensor(
        name=f"{source.name}_files",
        job_name=ingest_job_name(source.name),
        minimum_interval_seconds=settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Requests ingest runs, by landing date: for settled files in incoming/{source.name}/, and for "
        "archived files whose manifest is lost or that were read with other settings.",
    )
    def files(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.SensorResult:
        waiting: dict[date, list[incoming.LandedFile]] = defaultdict(list)
        for file in incoming.scan(settings, source.name, settings.settle_seconds):
            waiting[source.partition_of(file.landing_date)].append(file)
        states = {day: _digest((str(f.path), f.size, f.mtime_ns) for f in found) for day, found in waiting.items()}
        for day, why in outdated(settings, source.name).items():
            states.setdefault(source.partition_of(day), why)
        asked = RequestLog.read(context.cursor)
        new = [file for day, found in waiting.items() if asked.state(day) != states[day] for file in found]
        ready = asked.choose(states, _under_way(context, settings, ingest_job_name(source.name)))
        requests = [dg.RunRequest(tags=range_tags(ready, step))] if ready else []
        events = [landed_files(settings, source, new)] if new else []
        return dg.SensorResult(
            run_requests=requests,
            cursor=asked.write(),
            asset_events=events,
            skip_reason=None if requests else _skip_reason(states, _nothing_waits(settings, source.name)),
        )

    return files


def build_date_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that requests builds of stale dates and changed tables; late rows are no special case."""

    @dg.sensor(
        name="touched_dates",
        job_name=BUILD,
        minimum_interval_seconds=settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Requests one build run for all event dates whose lake data changed since the last build.",
    )
    def touched_dates(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.SensorResult:
        try:
            work = staleness.work(settings)
        except WarehouseBusy:
            return dg.SensorResult(skip_reason="Another process writes the warehouse: the next tick tries again.")
        asked = RequestLog.read(context.cursor)
        at_work = {run.run_id for run in unfinished_runs(context.instance, settings)}
        begun = {day for day, run_id in work.begun.items() if run_id in at_work}
        ready = asked.choose(work.dates, begun | _under_way(context, settings, BUILD))
        selection = None if work.selection is None else built_and_published(work.selection)
        tags = (range_tags(ready) | ({} if work.changed else {ONLY_STALE: "true"})) if ready else {}
        requests = [dg.RunRequest(tags=tags, asset_selection=selection)] if ready else []
        return dg.SensorResult(
            run_requests=requests,
            cursor=asked.write(),
            skip_reason=None if requests else _skip_reason(work.dates, "Every date is up to date with the lake."),
        )

    return touched_dates


def build_recording_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that requests one recording for all newly ended runs; a build records them as well."""

    @dg.sensor(
        name="finished_runs",
        job_name=RECORD,
        minimum_interval_seconds=3 * settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Records ended runs in the audit tables when no other run is in progress.",
    )
    def finished_runs(
        context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
    ) -> dg.SensorResult | dg.SkipReason:
        latest = context.instance.get_run_records(
            dg.RunsFilter(statuses=FINISHED), limit=LATEST_RUNS, order_by="update_timestamp"
        )
        runs = (found.dagster_run for found in latest)
        ended = [f"{run.run_id} {run.status.value}" for run in runs if run.job_name != RECORD]
        if not ended or ended[0] == context.cursor:
            return dg.SkipReason("No run has ended since the last recording.")
        if unfinished_runs(context.instance, settings):
            return dg.SkipReason("A run is in progress: it will be recorded together with the ended runs.")
        return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=ended[0])

    return finished_runs


class RequestLog:
    """A sensor's cursor: per date, the state last requested, the number of requests, and the ticks until a retry."""

    def __init__(self, memory: dict[str, tuple[str, int, int]]) -> None:
        self._memory = memory

    @classmethod
    def read(cls, cursor: str | None) -> "RequestLog":
        """Parse a cursor."""
        return cls({day: (state, tries, wait) for day, (state, tries, wait) in json.loads(cursor or "{}").items()})

    def write(self) -> str:
        """Return the text of the cursor."""
        return json.dumps(self._memory, separators=(",", ":"))

    def state(self, day: date) -> str | None:
        """Return the state that was last requested for a date; None if there is none."""
        return self._memory.get(day.isoformat(), (None, 0, 0))[0]

    def choose(self, states: Mapping[date, str], under_way: set[date]) -> list[date]:
        """Return the dates to request now. Finished dates are removed; failed ones are retried with backoff."""
        memory, chosen = {}, []
        for day in sorted(states):
            state, tries, wait = self._memory.get(day.isoformat(), ("", 0, 0))
            if state != states[day]:
                tries, wait = 0, 0
            if day in under_way:
                memory[day.isoformat()] = (state, tries, wait)
            elif wait > 0:
                memory[day.isoformat()] = (state, tries, wait - 1)
            else:
                memory[day.isoformat()] = (states[day], tries + 1, min(2**tries, LONGEST_WAIT))
                chosen.append(day)
        self._memory = memory
        return chosen


def _under_way(context: dg.SensorEvaluationContext, settings: Settings, job: str) -> set[date]:
    """Return the dates of a job's unfinished runs."""
    return {day for run in unfinished_runs(context.instance, settings, job) for day in tagged_dates(run.tags)}


def _nothing_waits(settings: Settings, source: str) -> str:
    """Return a sentence that no file waits, and one per entry of ``incoming`` that may be meant for the source."""
    beside = [found.sentence for found in passed_over(settings) if found.nearest == source]
    return " ".join([f"No settled file waits in incoming/{source}/.", *beside])


def _skip_reason(states: Mapping[date, str], nothing: str) -> dg.SkipReason:
    """Return the skip reason of a tick without run requests."""
    if not states:
        return dg.SkipReason(nothing)
    return dg.SkipReason(
        f"{written(ranges(states))}: a run is in progress, or the last run failed and the sensor is backing off."
    )


def _digest(facts: Iterable[object]) -> str:
    return hashlib.md5(repr(sorted(facts, key=repr)).encode(), usedforsecurity=False).hexdigest()
