"""Runs in this process: ingest landed files, then build the affected dates, until nothing is stale.

Every run is stored in Dagster's instance, so the UI shows it together with the daemon's runs.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import MappingProxyType

import dagster as dg
from pydantic import SecretStr

from user_activity.ingest.lake import manifest
from user_activity.ingest.landing import incoming
from user_activity.orchestration import built_tables, staleness
from user_activity.orchestration.assembly import assemble
from user_activity.orchestration.assets.landing import landed_files, products_api
from user_activity.orchestration.date_ranges import DAY, WEEK, days
from user_activity.orchestration.instance.home import open_instance
from user_activity.orchestration.instance.process_locks import PROCESS_TAG
from user_activity.orchestration.jobs import BUILD, CATALOGUE, built_and_published, ingest_job_name
from user_activity.orchestration.outcome import IngestedFile, Outcome
from user_activity.orchestration.partitions import ONLY_STALE, REBUILD, range_tags
from user_activity.orchestration.resources import Progress
from user_activity.orchestration.runs.history import RECORD
from user_activity.orchestration.runs.liveness import is_at_work, process_lock, release, unfinished_runs
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity.warehouse import WarehouseBusy, open_warehouse

LOCATION = "user_activity"
REPOSITORY_TAG = ".dagster/repository"  # the UI uses it to list runs under their job
POLL_SECONDS = 0.5
MOST_ROUNDS = 10  # of ingesting and building; each round ingests files that landed during the one before


@dataclass(frozen=True)
class _Shape:
    """What definitions depend on, to be compared; and the settings that have it."""

    shape: str
    warehouse_url: SecretStr | None
    settings: Settings = field(compare=False)


@cache
def _assembled(shape: _Shape) -> dg.Definitions:
    return assemble(shape.settings)


@contextmanager
def open_runner(settings: Settings, progress: Progress | None = None, *, verbose: bool = False) -> Iterator["Runner"]:
    """Yield a runner of the platform's jobs. Definitions are cached, so opening it again is cheap."""
    shape = settings.model_dump_json(exclude={"data_dir", "warehouse_url", "warehouse_reader_password", "dagster_url"})
    definitions = _assembled(_Shape(shape, settings.warehouse_url, settings))
    with open_instance(settings) as instance, process_lock(settings) as process:
        unfinished_runs(instance, settings)  # marks runs of killed commands as failed
        yield Runner(definitions, settings, instance, process, progress or Progress(), verbose)


@dataclass(frozen=True)
class Runner:
    """Runs the platform's jobs in this process."""

    definitions: dg.Definitions
    settings: Settings
    instance: dg.DagsterInstance
    process: str
    progress: Progress
    verbose: bool

    def run_pending(self) -> Outcome:
        """Ingest and build until no files wait and nothing is stale.

        If a source fails, the others are still ingested and built, but no further round is started.
        """
        outcome = Outcome()
        if staleness.catalogue_is_due(self.settings):
            self.execute(outcome, CATALOGUE, {}, [products_api.key])
        self._build_changed_tables(outcome)
        for _ in range(MOST_ROUNDS):
            self._ingest(outcome)
            if not self._build(outcome) or not outcome.success:
                break
        return self._recorded(outcome)

    def replay(self, landed: Mapping[str, Iterable[date]]) -> Outcome:
        """Ingest the archived files of these landing dates (by source) again, then build the stale dates."""
        outcome = Outcome()
        for name, dates in landed.items():
            self._read(outcome, name, dates, {REBUILD: "true"})
        self._build(outcome)
        return outcome

    def backfill(self, first: date, last: date, selection: str | None, *, rebuild_raw: bool) -> Outcome:
        """Rebuild the dates from ``first`` to ``last``; ``selection`` limits the assets, in Dagster's syntax."""
        outcome = Outcome()
        chosen = self._chosen(selection) if selection else None
        for name in SOURCES:
            if rebuild_raw if chosen is None else dg.AssetKey(["raw", name]) in chosen:
                self._read(outcome, name, days([(first, last)]), {REBUILD: "true"} if rebuild_raw else {})
        built = self.definitions.resolve_job_def(BUILD).asset_layer.executable_asset_keys
        models = None if chosen is None else sorted(chosen.intersection(built))
        dates = list(days([(first, last)]))
        if outcome.success and models != [] and self.execute(outcome, BUILD, range_tags(dates), models):
            outcome.rebuilt.update(dates)
        return self._recorded(outcome)

    def full_refresh(self, selection: str) -> Outcome:
        """Drop some models' tables and build them, and all that is made from them, for every date."""
        outcome = Outcome()
        chosen = self._chosen(selection)
        built_tables.forget(open_warehouse(self.settings), [".".join(key.path) for key in chosen])
        self._build_changed_tables(outcome)
        return self._recorded(outcome)

    def execute(
        self, outcome: Outcome, job: str, tags: Mapping[str, str], selection: Sequence[dg.AssetKey] | None = None
    ) -> bool:
        """Run a job once; returns whether it succeeded. A failed run is added to ``outcome``, not raised.

        Raises :class:`user_activity.stopping.Stopped` if a stop was requested.
        """
        self.progress.stop.heed()
        started = time.monotonic()
        level = "DEBUG" if self.verbose else "CRITICAL"
        definition = self.definitions.resolve_job_def(job)
        if selection is not None:
            definition = definition.get_subset(asset_selection=set(selection))
        self.progress.stop.at_work.set()
        with self._warehouse_kept_open() if job in (BUILD, RECORD) else nullcontext():
            result = definition.execute_in_process(
                instance=self.instance,
                tags={**tags, REPOSITORY_TAG: f"__repository__@{LOCATION}", PROCESS_TAG: self.process},
                resources={"settings": self.settings, "progress": self.progress},
                run_config={"loggers": {"console": {"config": {"log_level": level}}}},
                raise_on_error=False,
            )
        self.progress.stop.at_work.clear()
        release(result.run_id)
        if not result.success:
            self.progress.stop.heed()
        outcome.runs.append(result)
        outcome.seconds[job] += time.monotonic() - started
        return result.success

    @contextmanager
    def _warehouse_kept_open(self) -> Iterator[None]:
        """Keep the warehouse open for all steps of a job, if possible: a step that cannot open it says why."""
        with ExitStack() as stack:
            with suppress(Exception):
                stack.enter_context(open_warehouse(self.settings).kept_open())
            yield

    def _recorded(self, outcome: Outcome) -> Outcome:
        """Record the ended runs in the audit tables; the recording is added to ``outcome`` only if it failed."""
        recording = Outcome()
        if outcome.runs and not self.execute(recording, RECORD, {}):
            outcome.runs += recording.runs
        return outcome

    def _chosen(self, selection: str) -> set[dg.AssetKey]:
        try:
            chosen = dg.AssetSelection.from_string(selection).resolve(self.definitions.resolve_asset_graph())
        except dg.DagsterInvalidSubsetError:
            chosen = set()
        except dg.DagsterError as error:
            raise LookupError(f"The selection {selection!r} cannot be read: {error}") from None
        if not chosen:
            raise LookupError(f'No asset is called {selection!r}: an asset is "layer/table", like marts/fct_events.')
        return set(chosen)

    def _ingest(self, outcome: Outcome) -> None:
        """Ingest every landing date with waiting files, in one run per source."""
        waiting = staleness.waiting(self.settings)
        known = self._files(waiting)
        for name, landed in waiting.items():
            seen = landed_files(self.settings, SOURCES[name], incoming.scan(self.settings, name))
            self.instance.report_runless_asset_event(seen)
            self._read(outcome, name, landed)
        outcome.files += [file for file in self._files(waiting) if file not in known]

    def _read(
        self, outcome: Outcome, source: str, landed: Iterable[date], more: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Run the ingest job of a source for the partitions of these landing dates."""
        keys = {SOURCES[source].partition_of(day) for day in landed}
        step = WEEK if SOURCES[source].cadence == "weekly" else DAY
        self.execute(outcome, ingest_job_name(source), range_tags(keys, step) | dict(more))

    def _build(self, outcome: Outcome) -> bool:
        """Build all stale dates in one run; returns whether there were any."""
        stale = self._stale_dates()
        if stale and self.execute(outcome, BUILD, range_tags(stale) | {ONLY_STALE: "true"}):
            outcome.rebuilt.update(stale)
        return bool(stale)

    def _stale_dates(self) -> frozenset[date]:
        """Return the stale dates, once no run of another process builds any of them.

        Raises :class:`user_activity.warehouse.WarehouseBusy` if that takes longer than a run may take.
        """
        deadline = time.monotonic() + self.settings.run_timeout_seconds
        while True:
            work = staleness.work(self.settings, staleness.PATIENCE_SECONDS)
            begun = {run_id for day, run_id in work.begun.items() if day in work.stale}
            others = [run_id for run_id in begun if is_at_work(self.settings, run_id)]
            if not others:
                return work.stale
            if time.monotonic() > deadline:
                raise WarehouseBusy(f"Run {others[0]} still builds the same dates: if it hangs, terminate it.")
            self.progress.tell("wait for a run that builds these dates", 0, 1)
            self.progress.stop.heed()
            time.sleep(POLL_SECONDS)

    def _build_changed_tables(self, outcome: Outcome) -> None:
        """Rebuild the tables that no longer match their SQL, before newly landed rows are added."""
        work = staleness.work(self.settings, staleness.PATIENCE_SECONDS)
        if work.changed:
            keys = None if work.selection is None else built_and_published(work.selection)
            if self.execute(outcome, BUILD, range_tags(work.dates), keys):
                outcome.tables |= work.changed
                outcome.rebuilt |= work.stale

    def _files(self, landed: Mapping[str, Iterable[date]]) -> list[IngestedFile]:
        """Return the files in the lake for these landing dates."""
        found = (manifest.read(self.settings, name, day) for name, dates in landed.items() for day in sorted(dates))
        return [IngestedFile(each.source, each.landing_date, file) for each in found if each for file in each.files]
