"""``demo``: simulate a year, ingest the files, build every table and print a summary."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from user_activity.cli import data, output, runs, status
from user_activity.cli.interrupts import stoppable
from user_activity.cli.output import Exit, JsonOption, VerboseOption
from user_activity.cli.session import one_at_a_time
from user_activity.settings import Settings
from user_activity.warehouse import MODEL_LAYERS, open_warehouse

if TYPE_CHECKING:
    from user_activity.orchestration.outcome import Outcome

TABLES = {
    "The latest week": """
        select
            engagement.activity_date as day, dau, wau, mau, engagement.sessions, engagement.purchases,
            metrics.orders, metrics.revenue as "revenue, {currency}"
        from metrics.daily_engagement as engagement
        inner join metrics.daily_metrics as metrics on metrics.metric_date = engagement.activity_date
        order by engagement.activity_date desc
        limit 7
    """,
    "Funnel from view to purchase, within 7 days": """
        select
            step, min(event_types) as events, sum(reached_users) as users, sum(open_users) as "still open",
            cast(100.0 * sum(reached_users) / nullif(sum(entered_users - open_users), 0) as decimal(4, 1))
                as "% of all who entered"
        from metrics.funnel
        where funnel = (select min(funnel) from metrics.funnel)
        group by step
        order by step
    """,
    "Retention by first month: % of users active again 1, 2 and 3 months later": """
        select
            cohort_start_date as month, max(cohort_users) as users,
            cast(100 * max(case when age = 1 then retention_rate end) as decimal(4, 1)) as "1",
            cast(100 * max(case when age = 2 then retention_rate end) as decimal(4, 1)) as "2",
            cast(100 * max(case when age = 3 then retention_rate end) as decimal(4, 1)) as "3"
        from metrics.retention
        where period = 'month' and cohort_type = 'first_time'
        group by cohort_start_date
        having max(cohort_users) > 0
        order by cohort_start_date desc
        limit 6
    """,
}


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(stoppable(demo))


def demo(
    days: data.Days = 365,
    events: data.Events = 250_000,
    seed: data.Seed = 42,
    messy: data.Messy = 0.01,
    start: data.Start = datetime.fromisoformat(data.FIRST_DAY),
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Simulate a year of activity with invalid records, build every table, and show a summary.

    Example: user-activity demo --days 40 --events 20000
    """
    # A small simulated shop must not raise volume warnings.
    bounds = {"min_events_per_day": 0, "min_orders_per_day": 0, "volume_max_deviation": 10.0}
    settings = output.settings().model_copy(update=bounds)
    started = time.monotonic()
    with one_at_a_time(settings):
        with output.bars(quiet=as_json) as bars:
            made = data.simulate_into(settings, None, days, events, seed, messy, start.date(), bars)
        simulated = time.monotonic() - started
        outcome = runs.run_pending(settings, verbose=verbose, quiet=as_json)
    seconds = time.monotonic() - started
    summary = {
        "simulated": made,
        **runs.summarise(settings, outcome, seconds),
        "checks": outcome.checks if outcome else {},
        "rows": status.gather(settings)["warehouse"]["rows"],
        "metrics": _metrics(settings) if not outcome or outcome.success else {},
        "seconds_by_part": _seconds(simulated, outcome, seconds),
    }
    if as_json:
        output.print_json(summary)
    else:
        show(summary)
    raise typer.Exit(Exit.FINE if summary["success"] else Exit.FAILED)


def _seconds(simulated: float, outcome: "Outcome | None", total: float) -> dict[str, float]:
    parts = {"simulate and land": simulated, **(outcome.seconds if outcome else {})}
    parts["start Dagster and dbt, count"] = total - sum(parts.values())
    return {part: round(seconds, 1) for part, seconds in parts.items()}


def _metrics(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    warehouse = open_warehouse(settings)
    with warehouse.reading():
        return {
            title: warehouse.query(query.format(currency=settings.default_currency)).records()
            for title, query in TABLES.items()
        }


def show(summary: dict[str, Any]) -> None:
    """Print the summary as text."""
    say = output.answer.print
    made = summary["simulated"]
    if summary["sources"] or summary["dates_rebuilt"]:
        runs.show({**summary, "quarantined": []})
    else:
        say(f"Nothing new: 0 rows changed. All {output.counted(made['files'], 'file')} were already ingested.")
    layers: dict[str, list[int]] = {}
    for name, rows in summary["rows"].items():
        layers.setdefault(name.split(".")[0], []).append(rows)
    ordered = sorted(layers, key=MODEL_LAYERS.index)
    output.grid("Rows", ["layer", "tables", "rows"], [[name, len(layers[name]), sum(layers[name])] for name in ordered])
    if summary["quarantined"]:
        runs.show_quarantined(summary["quarantined"])
    if summary["checks"]:
        checks = summary["checks"]
        say(f"Checks: {checks['passed']} passed, {len(checks['warned'])} warned, {len(checks['failed'])} failed.")
        for check in checks["warned"] + checks["failed"]:
            say(f"  {check}", markup=False)
    for title, rows in summary["metrics"].items():
        if rows:
            output.grid(title, list(rows[0]), [list(row.values()) for row in rows])
    parts = summary["seconds_by_part"].items()
    output.grid("Seconds", ["part", "seconds"], sorted(parts, key=lambda part: -part[1]))
    say('Next: `make dev` starts the Dagster UI, `user-activity query "select …"` queries the warehouse,')
    say("and `user-activity land FILE --source events && user-activity run` ingests your own files.")
