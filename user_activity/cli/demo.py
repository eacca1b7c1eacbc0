"""``demo``: a simulated year, from files to metrics, and a summary of what came out."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from user_activity.cli import data, output, runs, status
from user_activity.cli.output import Exit, JsonOption, VerboseOption
from user_activity.cli.session import one_at_a_time
from user_activity.warehouse import open_warehouse

if TYPE_CHECKING:
    from user_activity.orchestration.run import Outcome

WEEK = """
select
    engagement.activity_date as day, dau, wau, mau, sessions, purchases,
    coalesce(revenue.orders, 0) as orders, coalesce(revenue.net_revenue, 0) as net_revenue
from metrics.daily_engagement as engagement
left join (
    select revenue_date, sum(orders) as orders, sum(net_revenue) as net_revenue
    from metrics.daily_revenue group by revenue_date
) as revenue on revenue.revenue_date = engagement.activity_date
order by engagement.activity_date desc
limit 7
"""


def add_commands(app: typer.Typer) -> None:
    """Hang the command into the application."""
    app.command()(demo)


def demo(
    days: data.Days = 365,
    events: data.Events = 250_000,
    seed: data.Seed = 42,
    messy: data.Messy = 0.01,
    start: data.Start = datetime.fromisoformat(data.FIRST_DAY),
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Simulate a year of messy activity, build every table from it, and show what came out.

    Example: user-activity demo --days 40 --events 20000
    """
    # A small shop is no alarm, and its mess is on purpose.
    bounds = {"min_events_per_day": 0, "min_orders_per_day": 0, "volume_max_deviation": 10.0}
    settings = output.settings().model_copy(update=bounds)
    started = time.monotonic()
    with one_at_a_time(settings):
        with output.bars(quiet=as_json) as bars:
            made = data.simulate_into(settings, None, days, events, seed, messy, start.date(), bars)
        simulated = time.monotonic() - started
        outcome = runs.settle(settings, verbose=verbose, quiet=as_json)
    seconds = time.monotonic() - started
    summary = {
        "simulated": made,
        **runs.summarise(settings, outcome, seconds),
        "checks": outcome.checks if outcome else {},
        "rows": status.gather(settings)["warehouse"]["rows"],
        "latest_week": open_warehouse(settings).query(WEEK).records() if not outcome or outcome.success else [],
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


def show(summary: dict[str, Any]) -> None:
    """The summary for a person."""
    say = output.answer.print
    made = summary["simulated"]
    if summary["sources"] or summary["dates_rebuilt"]:
        runs.show({**summary, "quarantined": []})
    else:
        say(f"Nothing new: 0 rows changed. All {output.counted(made['files'], 'file')} had landed before.")
    layers: dict[str, list[int]] = {}
    for name, rows in summary["rows"].items():
        layers.setdefault(name.split(".")[0], []).append(rows)
    ordered = sorted(layers, key=status.LAYERS.index)
    output.grid("Rows", ["layer", "tables", "rows"], [[name, len(layers[name]), sum(layers[name])] for name in ordered])
    if summary["quarantined"]:
        runs.show_quarantined(summary["quarantined"])
    if summary["checks"]:
        checks = summary["checks"]
        say(f"Checks: {checks['passed']} passed, {len(checks['warned'])} warned, {len(checks['failed'])} failed.")
        for check in checks["warned"] + checks["failed"]:
            say(f"  {check}", markup=False)
    week = summary["latest_week"]
    if week:
        names = [name.replace("_", " ") for name in week[0]]
        output.grid("The latest week", names, [list(day.values()) for day in week])
    parts = summary["seconds_by_part"].items()
    output.grid("Seconds", ["part", "seconds"], sorted(parts, key=lambda part: -part[1]))
    say('Next: `make dev` shows all of this in the Dagster UI, `user-activity query "select …"` answers questions,')
    say("and `user-activity land FILE --source events && user-activity run` takes in files of your own.")
