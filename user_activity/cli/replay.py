"""``quarantine replay``: ingest files again, and count the records accepted now and still rejected."""

import time
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from user_activity.cli import output, runs
from user_activity.cli.output import Exit
from user_activity.cli.session import one_at_a_time, runner
from user_activity.settings import Settings
from user_activity.sources import SOURCES

if TYPE_CHECKING:
    from user_activity.ingest.quarantine import Selection

Record = tuple[str, date, str, int | None]
"""Source, landing date, the file's digest, row."""

COUNTS = ("accepted", "still_rejected", "newly_rejected")


def replay(settings: Settings, selection: "Selection", *, verbose: bool, quiet: bool) -> dict[str, Any]:
    """Ingest the files of the selected records again and build the changed dates; returns plain values.

    Files that were read with other settings are read again too, so that all of the lake follows the same settings.
    """
    from user_activity.ingest.partition.outdated import outdated
    from user_activity.orchestration import staleness

    started = time.monotonic()
    with one_at_a_time(settings):
        chosen = _open(settings, selection)
        landed = {name: set(found) for name in SOURCES if (found := outdated(settings, name))}
        for source, day, *_ in chosen:
            landed.setdefault(source, set()).add(day)
        # A killed replay may have accepted records without building their dates, which are then still stale.
        if not landed and not staleness.stale(settings, staleness.PATIENCE_SECONDS):
            return {**runs.summarise(settings, None, 0), "replayed": []}
        before = _open_of(settings, landed)
        with output.bars(quiet=quiet) as bars, runner(settings, bars, verbose=verbose) as ready:
            outcome = ready.replay(landed)
        after = _open_of(settings, landed)
    summary = runs.summarise(settings, outcome, time.monotonic() - started)
    return {**summary, "replayed": _counts(landed, chosen, before, after)}


def _open(settings: Settings, selection: "Selection") -> set[Record]:
    from user_activity.ingest import quarantine

    found = quarantine.select(settings, selection)
    return {(each.source, each.landing_date, each.file_sha256, each.row_number) for each in found}


def _open_of(settings: Settings, landed: dict[str, set[date]]) -> set[Record]:
    from user_activity.ingest.quarantine import Selection

    every = Selection()
    return {
        record
        for source, days in landed.items()
        for day in days
        for record in _open(settings, replace(every, source=source, landing_date=day))
    }


def _counts(
    landed: dict[str, set[date]], chosen: set[Record], before: set[Record], after: set[Record]
) -> list[dict[str, Any]]:
    accepted = Counter(source for source, *_ in chosen - after)
    still = Counter(source for source, *_ in chosen & after)
    # A stricter contract rejects records that it accepted before.
    new = Counter(source for source, *_ in after - before)
    return [
        {
            "source": source,
            "landing_dates": sorted(days),
            "accepted": accepted[source],
            "still_rejected": still[source],
            "newly_rejected": new[source],
        }
        for source, days in sorted(landed.items())
    ]


def show(summary: dict[str, Any]) -> None:
    """Print the summary as text."""
    if not summary["replayed"]:
        output.answer.print("No open quarantined records match: nothing to replay.")
        if summary["success"] and not summary["dates_rebuilt"]:
            return
    else:
        rows = [
            [found["source"], len(found["landing_dates"]), *(found[name] for name in COUNTS)]
            for found in summary["replayed"]
        ]
        names = ["source", "landing dates", "accepted now", "still rejected", "newly rejected"]
        shown = len(names) - (not any(row[-1] for row in rows))
        output.grid("Replayed", names[:shown], [row[:shown] for row in rows])
    runs.show({**summary, "quarantined": []})
    if code_of(summary) == Exit.REJECTED:
        output.prose.print(
            "Next: user-activity quarantine show; then export and correct the records that are really invalid"
        )


def code_of(summary: dict[str, Any]) -> int:
    """The exit code for a summary."""
    if not summary["success"]:
        return Exit.FAILED
    rejected = any(found["still_rejected"] or found["newly_rejected"] for found in summary["replayed"])
    return Exit.REJECTED if rejected else Exit.FINE
