"""``run`` and ``backfill``: ingest landed files and build the models."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from user_activity.cli import output
from user_activity.cli.interrupts import stoppable
from user_activity.cli.output import Exit, JsonOption, Problem, VerboseOption
from user_activity.cli.session import one_at_a_time, runner
from user_activity.settings import Settings

if TYPE_CHECKING:
    from user_activity.orchestration.outcome import IngestedFile, Outcome

SHOWN_TABLES = 5
SHOWN_RULES = 10
ROWS = ("rows_landed", "rows_accepted", "rows_quarantined", "rows_late")

First = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first date.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last date.")]
Select = Annotated[
    str | None,
    typer.Option(help='Assets, in Dagster\'s selection syntax: "marts/fct_events", "key:metrics/daily_revenue+".'),
]
FullRefresh = Annotated[
    str | None,
    typer.Option(
        metavar="MODELS",
        help="Instead of a range: drop these models' tables, in Dagster's selection syntax, and build them and all "
        "that is made from them for every date.",
    ),
]
RebuildRaw = Annotated[bool, typer.Option(help="Also ingest the archived files of these landing dates again.")]


def add_commands(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(stoppable(run))
    app.command()(stoppable(backfill))


def run(verbose: VerboseOption = False, as_json: JsonOption = False) -> None:
    """Ingest every landed file and rebuild the dates that its rows affect.

    Example: user-activity run
    """
    settings = output.settings()
    started = time.monotonic()
    with one_at_a_time(settings):
        outcome = run_pending(settings, verbose=verbose, quiet=as_json)
    summary = summarise(settings, outcome, time.monotonic() - started)
    if as_json:
        output.print_json(summary)
    else:
        show(summary)
    raise typer.Exit(code_of(summary))


def run_pending(settings: Settings, *, verbose: bool, quiet: bool) -> "Outcome | None":
    """Ingest and build until everything is current; None if there was nothing to do."""
    from user_activity.orchestration import staleness

    if not staleness.anything_is_due(settings):
        return None
    with output.bars(quiet=quiet) as bars, runner(settings, bars, verbose=verbose) as ready:
        return ready.run_pending()


def backfill(
    first: First = None,
    last: Last = None,
    select: Select = None,
    full_refresh: FullRefresh = None,
    rebuild_raw: RebuildRaw = False,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Rebuild a range of event dates, whether or not their data changed; unchanged rows keep their values.

    Example: user-activity backfill --from 2025-01-01 --to 2025-03-31
    """
    settings = output.settings()
    asked = _range(settings, first, last, full_refresh)
    started = time.monotonic()
    with (
        one_at_a_time(settings),
        output.bars(quiet=as_json) as bars,
        runner(settings, bars, verbose=verbose) as ready,
    ):
        try:
            if asked:
                outcome = ready.backfill(*asked, select, rebuild_raw=rebuild_raw)
            else:
                outcome = ready.full_refresh(str(full_refresh))
        except LookupError as error:
            raise Problem(str(error)) from None
    summary = summarise(settings, outcome, time.monotonic() - started)
    if as_json:
        output.print_json(summary)
    else:
        show(summary)
    raise typer.Exit(code_of(summary))


def _range(
    settings: Settings, first: datetime | None, last: datetime | None, full_refresh: str | None
) -> tuple[date, date] | None:
    """The range of dates that was asked for; None for a full refresh."""
    if full_refresh and (first or last):
        raise Problem("--full-refresh builds every date: leave out --from and --to.")
    if full_refresh:
        return None
    if not (first and last):
        raise Problem("Give the dates, --from and --to, or the models of a --full-refresh.")
    if last < first:
        raise Problem(f"--from {first.date()} is after --to {last.date()}.")
    if first.date() < settings.start_date:
        raise Problem(f"--from {first.date()} is before the first partition, {settings.start_date}.")
    return first.date(), last.date()


def summarise(settings: Settings, outcome: "Outcome | None", seconds: float) -> dict[str, Any]:
    """A summary of the runs, as plain values."""
    from user_activity.ingest.funnel_steps import steps_without_events
    from user_activity.ingest.landing.passed_over import passed_over

    files = outcome.files if outcome else []
    rows: dict[str, Counter[str]] = {}
    for ingested in files:
        counts = rows.setdefault(ingested.source, Counter())
        counts["files"] += 1
        for name in ROWS:
            counts[name] += getattr(ingested.file, name)
    return {
        "success": outcome.success if outcome else True,
        "failures": outcome.failures if outcome else [],
        "sources": {name: dict(counts) for name, counts in sorted(rows.items())},
        "quarantined": quarantined(settings, files),
        "set_aside": set_aside(files),
        "passed_over": [found.sentence for found in passed_over(settings)],
        "steps_without_events": steps_without_events(settings),
        "dates_rebuilt": sorted(outcome.rebuilt) if outcome else [],
        "tables_rebuilt": sorted(outcome.tables) if outcome else [],
        "seconds": round(seconds, 2),
    }


def quarantined(settings: Settings, files: Sequence["IngestedFile"]) -> list[dict[str, Any]]:
    """Violated rules, most frequent first, each with one example record."""
    broken: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], IngestedFile] = {}
    for ingested in files:
        for rule, count in ingested.file.rules.items():
            broken[ingested.source, rule] += count
            where.setdefault((ingested.source, rule), ingested)
    return [
        {"source": source, "rule": rule, "rows": count, **_example(settings, where[source, rule], rule)}
        for (source, rule), count in broken.most_common()
    ]


def set_aside(files: Sequence["IngestedFile"]) -> list[dict[str, Any]]:
    """The rules that values of accepted records broke, most frequent first; the records are accepted without them."""
    counts = Counter[tuple[str, str]]()
    for ingested in files:
        counts.update({(ingested.source, rule): count for rule, count in ingested.file.warnings.items()})
    return [{"source": source, "rule": rule, "values": count} for (source, rule), count in counts.most_common()]


def _example(settings: Settings, ingested: "IngestedFile", rule: str) -> dict[str, Any]:
    from user_activity.ingest import quarantine

    selection = quarantine.Selection(ingested.source, rule, ingested.landing_date, ingested.file.file_name, state=None)
    record = next(quarantine.select(settings, selection))
    return {
        "file": record.file_name,
        "landing_date": record.landing_date,
        "row": record.row_number,
        "reason": record.reasons[record.rules.index(rule)],
    }


def show(summary: dict[str, Any]) -> None:
    """Print the summary as text."""
    if summary["sources"]:
        names = ["files", *ROWS]
        rows = [[source, *(counts[name] for name in names)] for source, counts in summary["sources"].items()]
        output.grid("Ingested", ["source", *(name.replace("_", " ") for name in names)], rows)
    if summary["quarantined"]:
        show_quarantined(summary["quarantined"])
    if summary["set_aside"]:
        rows = [[entry["source"], entry["values"], entry["rule"]] for entry in summary["set_aside"][:SHOWN_RULES]]
        output.grid("Set aside: values left out of accepted records", ["source", "values", "rule"], rows)
    for sentence in (*summary["passed_over"], *summary["steps_without_events"]):
        output.prose.print(output.visible(sentence), style="yellow", markup=False)
    for failure in summary["failures"]:
        output.prose.print(failure, style="red", markup=False)
    if summary["failures"]:
        output.prose.print("Tables that were built before are unchanged; `user-activity run` retries the failed part.")
    elif not any(summary[name] for name in ("sources", "dates_rebuilt", "tables_rebuilt")):
        output.answer.print("Nothing new: 0 rows changed.")
    else:
        dates = summary["dates_rebuilt"]
        if tables := summary["tables_rebuilt"]:
            shown = ", ".join(tables[:SHOWN_TABLES]) + (", …" if len(tables) > SHOWN_TABLES else "")
            counted = output.counted(len(tables), "table")
            output.answer.print(f"{counted} new, changed or emptied, rebuilt for all dates: {shown}.", markup=False)
        if tables and not dates:
            output.answer.print(f"No date was stale. The run took {summary['seconds']:.1f} s.")
            return
        span = f" ({dates[0]} to {dates[-1]})" if dates else ""
        built = output.counted(len(dates), "date")
        output.answer.print(f"{built} rebuilt{span} in {summary['seconds']:.1f} s.", markup=False)


def show_quarantined(rules: list[dict[str, Any]]) -> None:
    """Print the violated rules as a table, and what to do next."""
    rows = [
        [entry["source"], entry["rows"], entry["reason"], entry["file"], entry["row"]] for entry in rules[:SHOWN_RULES]
    ]
    output.grid("Quarantined", ["source", "rows", "for example", "file", "row"], rows)
    if len(rules) > SHOWN_RULES:
        output.answer.print(f"… and {output.counted(len(rules) - SHOWN_RULES, 'more rule')}.")
    output.answer.print(
        "Correct these records and land them again, or change the setting that rejects them and replay them: "
        "user-activity quarantine --help"
    )


def code_of(summary: dict[str, Any]) -> int:
    """The exit code for a summary."""
    if not summary["success"]:
        return Exit.FAILED
    return Exit.REJECTED if summary["quarantined"] else Exit.FINE
