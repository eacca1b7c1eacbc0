"""``status``: pending files, landed dates, stale dates, latest runs and warehouse contents."""

from collections import Counter
from datetime import date
from typing import Annotated, Any

import typer

from user_activity.cli import output
from user_activity.cli.output import JsonOption
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity.warehouse import MODEL_LAYERS, WarehouseBusy, open_warehouse

SHOWN_CHECKS = 5
FAILED_CHECKS = """
    select relation, check_name, severity, failing_rows, evaluated_at
    from (
        select
            *,
            row_number() over (
                partition by relation, check_name, partition_date order by evaluated_at desc, run_id desc
            ) as evaluation_rank
        from audit.dq_results
    ) as evaluations
    where evaluation_rank = 1 and not passed
    order by severity, evaluated_at desc, relation, check_name
"""


TablesOption = Annotated[bool, typer.Option("--tables", help="Also list the warehouse's tables with their rows.")]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(status)


def status(tables: TablesOption = False, as_json: JsonOption = False) -> None:
    """Show pending files, stale dates, the latest runs, failed checks and landed dates.

    Example: user-activity status
    """
    state = gather(output.settings())
    if as_json:
        output.print_json(state)
    else:
        show(state, tables=tables)


def gather(settings: Settings) -> dict[str, Any]:
    """The current state as plain values, read without importing Dagster."""
    from user_activity.ingest import quarantine
    from user_activity.ingest.funnel_steps import steps_without_events
    from user_activity.ingest.lake import freshness
    from user_activity.ingest.landing import incoming
    from user_activity.ingest.landing.passed_over import passed_over
    from user_activity.ingest.partition.outdated import outdated
    from user_activity.orchestration.instance.home import latest_runs

    waiting = Counter(file.source for file in incoming.scan(settings))
    landed: dict[str, list[date]] = {}
    for source, day in freshness.state(settings):
        landed.setdefault(source, []).append(day)
    return {
        "data_dir": str(settings.data_dir),
        "files_waiting": dict(sorted(waiting.items())),
        "passed_over": [found.sentence for found in passed_over(settings)],
        "steps_without_events": steps_without_events(settings),
        "landed": {
            source: {"landing_dates": len(days), "first": min(days), "last": max(days)}
            for source, days in sorted(landed.items())
        },
        "read_again": {source: found for source in SOURCES if (found := len(outdated(settings, source)))},
        "records_open": quarantine.open_by_source(settings),
        **_stale(settings),
        "latest_runs": latest_runs(settings, 3),
        "warehouse": _warehouse(settings),
    }


def _stale(settings: Settings) -> dict[str, list[date] | list[str] | None]:
    """The stale dates and the tables that are built anew; None while another process writes the warehouse."""
    from user_activity.orchestration import staleness

    try:
        work = staleness.work(settings)
    except WarehouseBusy:
        return {"stale_dates": None, "changed_tables": None}
    return {"stale_dates": sorted(work.stale), "changed_tables": sorted(work.changed)}


def _warehouse(settings: Settings) -> dict[str, Any]:
    warehouse = open_warehouse(settings)
    size = warehouse.size_bytes()
    try:
        with warehouse.reading():
            tables = warehouse.query(
                "select table_schema || '.' || table_name from information_schema.tables "
                "where table_type = 'BASE TABLE' order by 1"
            ).rows
            names = [name for (name,) in tables if name.split(".")[0] in MODEL_LAYERS]
            counts = " union all ".join(f"select '{name}', count(*) from {name}" for name in names)
            rows = dict(warehouse.query(counts).rows) if counts else {}
            failed = warehouse.query(FAILED_CHECKS).records() if "audit.dq_results" in rows else []
    except FileNotFoundError:
        return {"state": "not built yet", "bytes": size, "rows": {}, "failed_checks": []}
    except WarehouseBusy:
        return {"state": "being written", "bytes": size, "rows": {}, "failed_checks": []}
    return {"state": "ready", "bytes": size, "rows": rows, "failed_checks": failed}


def show(state: dict[str, Any], *, tables: bool = False) -> None:
    """Print the state as text; with the rows of each table if asked for."""
    say = output.answer.print
    waiting = state["files_waiting"]
    names = ", ".join(f"{count:,} {source}" for source, count in waiting.items()) or "none"
    say(f"Data          {state['data_dir']}", markup=False)
    say(f"Pending files {names}", markup=False)
    for sentence in (*state["passed_over"], *state["steps_without_events"]):
        say(f"              {output.visible(sentence)}", style="yellow", markup=False)
    for source, days in state["read_again"].items():
        count = output.counted(days, "landing date")
        say(f"              {count} of {source} to read again: other settings, or a lost manifest", markup=False)
    still = state["records_open"]
    names = f" ({', '.join(f'{count:,} {source}' for source, count in still.items())})" if still else ""
    say(f"Quarantine    {output.counted(sum(still.values()), 'record')} open{names}", markup=False)
    stale, changed = state["stale_dates"], state["changed_tables"]
    if stale is None:
        say("Stale         unknown while another process writes the warehouse", markup=False)
    else:
        span = f" ({stale[0]} to {stale[-1]}; why: user-activity why {stale[-1]})" if stale else ""
        say(f"Stale         {output.counted(len(stale), 'date')}{span}", markup=False)
    if changed:
        shown = ", ".join(changed[:SHOWN_CHECKS]) + (", …" if len(changed) > SHOWN_CHECKS else "")
        say(f"              {output.counted(len(changed), 'table')} new, changed or emptied: {shown}", markup=False)
    for run in state["latest_runs"]:
        when = f" at {run['started']}" if run["started"] else ""
        took = f", {run['seconds']} s" if run["seconds"] is not None else ""
        say(f"Run           {run['job']} {run['state']}{when}{took}", markup=False)
    warehouse = state["warehouse"]
    say(f"Warehouse     {warehouse['state']}, {warehouse['bytes'] / 1e6:,.1f} MB", markup=False)
    for check in warehouse["failed_checks"][:SHOWN_CHECKS]:
        verdict = "warned" if check["severity"] == "warn" else "failed"
        say(f"Check         {check['relation']}: {check['check_name']} {verdict}", markup=False)
    if len(warehouse["failed_checks"]) > SHOWN_CHECKS:
        say(
            f"              … and {len(warehouse['failed_checks']) - SHOWN_CHECKS} more: audit.dq_failures",
            markup=False,
        )
    if state["landed"]:
        rows = [
            [source, each["landing_dates"], each["first"], each["last"]] for source, each in state["landed"].items()
        ]
        output.grid("Landed", ["source", "landing dates", "first", "last"], rows)
    if tables and warehouse["rows"]:
        output.grid(
            "Rows",
            ["table", "rows"],
            sorted(warehouse["rows"].items(), key=lambda row: (MODEL_LAYERS.index(row[0].split(".")[0]), row[0])),
        )
    if waiting or stale or changed or state["read_again"]:
        output.prose.print("Next: user-activity run")
