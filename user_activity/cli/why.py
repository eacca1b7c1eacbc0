"""``why``: why an event date was rebuilt, or will be."""

from datetime import date, datetime
from typing import Annotated, Any

import typer

from user_activity.cli import output
from user_activity.cli.output import JsonOption
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Event date.", show_default=False)]

HISTORY = """
    select history.planned_at, history.run_id, history.reason, history.detail, runs.job, runs.launched_by, runs.state
    from audit.rebuild_history as history
    left join audit.pipeline_runs as runs on runs.run_id = history.run_id
    where history.event_date = date '{day}'
    order by history.planned_at desc, history.run_id, history.reason, history.detail
"""


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(why)


def why(day: Day, as_json: JsonOption = False) -> None:
    """Show why an event date is stale, and why each run rebuilt it: which file landed, which setting changed.

    Example: user-activity why 2026-01-31
    """
    found = gather(output.settings(), day.date())
    if as_json:
        output.print_json(found)
    else:
        show(found)


def gather(settings: Settings, day: date) -> dict[str, Any]:
    """The reasons as plain values: for the next build, and for each run, newest first."""
    from user_activity.orchestration import staleness

    warehouse = open_warehouse(settings)
    plan = staleness.plan(settings, warehouse, "", [day])
    is_stale = day in staleness.not_built(settings, warehouse.built_dates())
    rows = warehouse.query(HISTORY.format(day=day)).records() if warehouse.built_dates() else []
    runs: dict[str, dict[str, Any]] = {}
    for row in rows:
        reason = {"reason": row.pop("reason"), "detail": row.pop("detail")}
        runs.setdefault(row["run_id"], {**row, "reasons": []})["reasons"].append(reason)
    waiting = [{"reason": what, "detail": detail} for what, detail in plan.reasons[day]] if is_stale else []
    return {"event_date": day, "is_stale": is_stale, "next_build": waiting, "runs": list(runs.values())}


def show(found: dict[str, Any]) -> None:
    """Print the reasons as text."""
    say, day = output.answer.print, found["event_date"]
    if found["is_stale"]:
        say(f"{day} is stale: the next build rebuilds it.", markup=False)
        _list(found["next_build"])
    elif found["runs"]:
        say(f"{day} is up to date.", markup=False)
    else:
        say(f"{day} was never built: no ingested file affects it.", markup=False)
    for run in found["runs"]:
        how = ", ".join(filter(None, (run["job"], run["launched_by"], run["state"])))
        say(
            f"\n{run['planned_at']:%Y-%m-%d %H:%M:%S} UTC, run {run['run_id']}{f' ({how})' if how else ''}:",
            markup=False,
        )
        _list(run["reasons"])


def _list(reasons: list[dict[str, str]]) -> None:
    for each in reasons:
        output.answer.print(f"  {each['reason']}{': ' if each['detail'] else ''}{each['detail']}", markup=False)
