"""What a series of runs in this process has done, for the summaries of commands."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import dagster as dg

from user_activity.ingest import Entry
from user_activity.orchestration.runs.errors import cause

VERDICTS = {None: "passed", dg.AssetCheckSeverity.WARN: "warned", dg.AssetCheckSeverity.ERROR: "failed"}


@dataclass(frozen=True)
class IngestedFile:
    """A file that was ingested."""

    source: str
    landing_date: date
    file: Entry


@dataclass
class Outcome:
    """The results of a series of runs; ``seconds`` are by job."""

    runs: list[dg.ExecuteInProcessResult] = field(default_factory=list)
    files: list[IngestedFile] = field(default_factory=list)
    rebuilt: set[date] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def success(self) -> bool:
        """Whether every run succeeded."""
        return all(run.success for run in self.runs)

    @property
    def failures(self) -> list[str]:
        """Error messages: one per failed step, and one per failed check of severity error."""
        failed = [event for run in self.runs if not run.success for event in run.get_step_failure_events()]
        checks = [result for run in self.runs for result in run.get_asset_check_evaluations() if _blocks(result)]
        return [
            *(f"{event.step_key}: {cause(event)}" for event in failed),
            *(f"{found.asset_key.to_user_string()}: {found.check_name}: {found.description}" for found in checks),
        ]

    @property
    def checks(self) -> dict[str, Any]:
        """The number of checks that passed, and the names of those that warned or failed."""
        worst: dict[str, str] = {}
        for run in self.runs:
            for result in run.get_asset_check_evaluations():
                name = f"{result.asset_key.to_user_string()}: {result.check_name}"
                verdict = "passed" if result.passed else VERDICTS[result.severity]
                worst[name] = max(worst.get(name, "passed"), verdict, key=list(VERDICTS.values()).index)
        named = {verdict: sorted(name for name in worst if worst[name] == verdict) for verdict in VERDICTS.values()}
        return {**named, "passed": len(named["passed"])}


def _blocks(result: dg.AssetCheckEvaluation) -> bool:
    return not result.passed and result.severity == dg.AssetCheckSeverity.ERROR
