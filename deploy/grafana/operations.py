"""The operations dashboard: runs, landed files, check results, and freshness."""

from deploy.grafana.dashboard import choice, dashboard, link, typed
from deploy.grafana.panels import (
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    Column,
    Heading,
    Json,
    Panel,
    bars,
    stat,
    table,
    timeseries,
)

RUN = Column(link=("Open the run in Dagster", "${dagster:raw}/runs/${__value.raw}"))
LAG = ((0, GREEN), (50, ORANGE), (8 * 24, RED))  # in hours; 8 days, because catalogues are weekly
SOME = ((1, ORANGE),)
STATES = {"success": GREEN, "failure": RED, "canceled": ORANGE, "started": PURPLE, "queued": GREY}
HOUR = 3600

VARIABLES = [
    choice("job", "Job", "select distinct job from audit.pipeline_runs order by job"),
    choice("source", "Source", "select distinct source from audit.landed_files order by source"),
    typed("dagster", "Dagster UI", "http://127.0.0.1:3000"),
]

PANELS: list[Panel | Heading] = [
    stat("failed_runs", steps=[(1, RED)], base=GREEN),
    stat("failed_checks", steps=[(1, RED)], base=GREEN, but={"warnings": SOME}),
    stat("since_build", "s", steps=[(26 * HOUR, ORANGE), (50 * HOUR, RED)], base=GREEN, empty="never"),
    stat("acceptance", "percentunit", steps=[(0.95, ORANGE), (0.99, GREEN)], base=RED, empty="nothing landed"),
    stat("open_records", steps=SOME, base=GREEN),
    stat("warehouse_size", "bytes"),
    Heading("Freshness"),
    table(
        "freshness_by_source",
        width=12,
        height=8,
        columns={"lag in hours": Column("h", steps=LAG)},
    ),
    table(
        "freshness_by_job",
        width=12,
        height=8,
        columns={
            "hours since": Column("h"),
            "latest run": Column(words=STATES),
            "failures in range": Column(steps=[(1, RED)]),
        },
    ),
    Heading("Runs"),
    timeseries("runs_by_state", width=8, style="bars", stacked=True, colours=STATES),
    timeseries("run_duration", "s", width=8, style="points"),
    timeseries("run_duration_p95", "s", width=8),
    table(
        "latest_runs",
        columns={
            "started": Column(width=170),
            "state": Column(width=90, words=STATES),
            "duration": Column("s", width=90),
            "rows": Column("locale", width=100),
            "error": Column(width=400),
            "run": RUN,
        },
    ),
    Heading("Load"),
    timeseries("rows_by_outcome", style="bars", stacked=True, colours={"accepted": GREEN, "quarantined": RED}),
    timeseries("rows_by_source", style="bars", stacked=True),
    timeseries("late_rows", style="bars", stacked=True),
    table(
        "load_by_day",
        width=12,
        height=8,
        columns={
            "bytes": Column("bytes"),
            "quarantined": Column(steps=SOME),
            "late": Column(steps=SOME),
            "share accepted": Column("percentunit"),
        },
    ),
    Heading("Checks"),
    timeseries(
        "checks_by_day",
        width=24,
        height=7,
        style="bars",
        stacked=True,
        colours={"passed": GREEN, "warned": ORANGE, "failed": RED},
    ),
    table(
        "check_failures",
        height=10,
        columns={
            "evaluated": Column(width=170),
            "severity": Column(width=80, words={"error": RED, "warn": ORANGE}),
            "day": Column(width=100),
            "failing rows": Column(width=90),
            "observed": Column(width=300),
            "examples": Column(width=300),
            "run": RUN,
        },
    ),
    Heading("Row deltas"),
    timeseries("row_growth", width=10, height=9, style="bars", stacked=True),
    table(
        "row_deltas",
        width=14,
        columns={
            "counted": Column(width=170),
            "rows before": Column("locale"),
            "rows after": Column("locale"),
            "delta": Column("locale", steps=[(-1e15, RED), (0, GREEN)]),
            "run": RUN,
        },
    ),
    Heading("Quarantine"),
    timeseries("quarantine_by_day", style="bars", stacked=True),
    table("quarantine_by_rule", width=12, height=8, columns={"open": Column(steps=SOME)}),
    Heading("Size"),
    bars("size_by_layer", "bytes"),
    table(
        "largest_tables",
        width=16,
        height=8,
        columns={
            "rows, estimated": Column("locale"),
            "table size": Column("bytes"),
            "index size": Column("bytes"),
        },
    ),
]


def operations() -> Json:
    """Return the dashboard for the platform's operators."""
    return dashboard(
        "operations",
        "Operations",
        "What ran, what came in, what checks found, and how fresh the tables are.",
        PANELS,
        VARIABLES,
        since="now-30d",
        refresh="5m",
        links=[
            link("Business", "/d/user-activity-business", keeps_time=True),
            link("Dagster", "${dagster:raw}"),
        ],
    )
