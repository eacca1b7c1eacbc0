"""Runs from this process: take in what has landed, then build what it touched, until nothing is left to do.

Every run is a run of Dagster's instance, so that the UI shows it beside the daemon's.
Belongs here: which runs, in which order. Does not belong here: what they do, and how it is shown (``cli/``).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import dagster as dg

from user_activity.ingest import landing
from user_activity.orchestration import consumed
from user_activity.orchestration.jobs import BUILD, ingest_job_name
from user_activity.orchestration.partitions import DAY, WEEK, range_tags
from user_activity.orchestration.policies import Progress
from user_activity.settings import Settings
from user_activity.sources import SOURCES

LOCATION = "user_activity"
MOST_ROUNDS = 10  # files that land while a run goes on are taken in as well, but not for ever


@dataclass
class Outcome:
    """What a series of runs did."""

    runs: list[dg.ExecuteInProcessResult] = field(default_factory=list)
    ingested: set[tuple[str, date]] = field(default_factory=set)
    rebuilt: set[date] = field(default_factory=set)

    @property
    def success(self) -> bool:
        """Whether every run succeeded."""
        return all(run.success for run in self.runs)


@dataclass(frozen=True)
class Runner:
    """Runs the platform's jobs in this process."""

    definitions: dg.Definitions
    settings: Settings
    instance: dg.DagsterInstance
    progress: Progress = Progress()

    def settle(self) -> Outcome:
        """Ingest and build until nothing waits and nothing is stale, or until a run fails."""
        outcome = Outcome()
        for _ in range(MOST_ROUNDS):
            self.ingest(outcome)
            stale = consumed.stale(self.settings) if outcome.success else []
            if not stale:
                break
            outcome.runs.append(self.execute(BUILD, range_tags(stale)))
            outcome.rebuilt.update(stale)
        return outcome

    def ingest(self, outcome: Outcome) -> None:
        """Take in every landing date on which files wait, a run a source."""
        waiting: dict[str, set[date]] = defaultdict(set)
        for file in landing.scan(self.settings):
            waiting[file.source].add(file.landing_date)
        for name, landed in waiting.items():
            keys = {SOURCES[name].partition_of(day) for day in landed}
            step = WEEK if SOURCES[name].cadence == "weekly" else DAY
            outcome.runs.append(self.execute(ingest_job_name(name), range_tags(keys, step)))
            outcome.ingested.update((name, day) for day in landed)

    def execute(
        self, job: str, tags: Mapping[str, str], selection: Sequence[dg.AssetKey] | None = None
    ) -> dg.ExecuteInProcessResult:
        """One run of a job; a failed run is an outcome, not an exception."""
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            tags={**tags, ".dagster/repository": f"__repository__@{LOCATION}"},
            resources={"settings": self.settings, "progress": self.progress},
            asset_selection=selection,
            raise_on_error=False,
        )
