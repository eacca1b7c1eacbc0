"""Asset checks in Python: row conservation of raw, volumes, and freshness. Checks of single tables are dbt tests.

Row conservation blocks downstream assets; the other checks warn. No check reads the clock: a backfill of last year
gets the same results as a run at that time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any

import dagster as dg
import pyarrow.parquet as pq

from user_activity.ingest import Entry, PartitionResult
from user_activity.ingest.lake import freshness
from user_activity.orchestration import staleness
from user_activity.orchestration.date_ranges import DAY, days
from user_activity.orchestration.metadata_tables import EXAMPLES, MOST_EXAMPLES, table
from user_activity.orchestration.partitions import tagged_dates
from user_activity.orchestration.resources import WAREHOUSE_POOL
from user_activity.orchestration.runs.liveness import hold
from user_activity.settings import Settings
from user_activity.warehouse import open_warehouse

NOTHING_LOST = "every_landed_row_is_accepted_or_quarantined"
NO_FUTURE = "no_row_is_dated_later_than_a_day_after_landing"
FEWEST_DAYS = 7  # a window with fewer days is too short to compare with

EVENTS = dg.AssetKey(["marts", "fct_events"])
ORDERS = dg.AssetKey(["marts", "fct_orders"])


def raw_check_specs(key: dg.AssetKey, days: dg.PartitionsDefinition[str]) -> list[dg.AssetCheckSpec]:
    """Return the checks of a raw asset."""
    return [
        dg.AssetCheckSpec(
            NOTHING_LOST,
            asset=key,
            blocking=True,
            partitions_def=days,
            description="Rows landed = rows accepted + rows quarantined, and the Parquet parts hold the accepted ones.",
        ),
        dg.AssetCheckSpec(
            NO_FUTURE, asset=key, description="Compares record dates with the landing date, not with the current time."
        ),
    ]


def raw_check_results(settings: Settings, key: dg.AssetKey, results: Sequence[PartitionResult]) -> Iterator[Any]:
    """Yield the results: row conservation per partition, the other check once."""
    yield dg.Output(None, dg.AssetCheckSpec(NOTHING_LOST, asset=key).get_python_identifier())
    for result in results:
        missing = [text for file in result.files for text in _missing_rows(settings, file)]
        yield dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=NOTHING_LOST,
            passed=not missing,
            metadata={"files": len(result.files), "rows_landed": result.rows_landed},
            description="; ".join(missing) or None,
            partition=result.partition.isoformat(),
            blocking=True,
        )
    future = [
        (file.file_name, landed.landing_date, day)
        for result in results
        for landed in result.manifests
        for file in landed.files
        for day in file.dates
        if date.fromisoformat(day) > landed.landing_date + DAY
    ]
    yield _warning(key, NO_FUTURE, ["file", "landed", "dated"], future)


def _missing_rows(settings: Settings, file: Entry) -> Iterator[str]:
    """Yield one sentence per row count of a file that does not add up."""
    landed, accepted, quarantined = file.rows_landed, file.rows_accepted, file.rows_quarantined
    stored = pq.read_metadata(settings.lake_dir / file.part).num_rows if file.part else 0
    if landed != accepted + quarantined:
        yield f"{file.file_name}: {landed} rows landed, {accepted} accepted, {quarantined} quarantined"
    if stored != accepted:
        yield f"{file.file_name}: {accepted} rows accepted, {stored} in its Parquet part"


EVENTS_WITHIN, ORDERS_WITHIN = "events_a_day_are_within_bounds", "orders_a_day_are_within_bounds"
EVENTS_USUAL, LATEST_BUILT = (
    "events_a_day_are_near_the_median_of_the_days_before",
    "the_latest_landed_day_is_built",
)
VOLUME_CHECKS = {
    EVENTS_WITHIN: (EVENTS, "The bounds are the settings min_events_per_day and max_events_per_day."),
    ORDERS_WITHIN: (ORDERS, "The bounds are the settings min_orders_per_day and max_orders_per_day."),
    EVENTS_USUAL: (EVENTS, "The window excludes the tested day; see volume_window_days and volume_max_deviation."),
    LATEST_BUILT: (
        EVENTS,
        "Compares the latest date in the lake with the latest date in the warehouse, not with the current time.",
    ),
}


@dg.multi_asset_check(
    name="volumes",
    specs=[dg.AssetCheckSpec(name, asset=key, description=text) for name, (key, text) in VOLUME_CHECKS.items()],
    can_subset=True,
    pool=WAREHOUSE_POOL,
)
def volumes(context: dg.AssetCheckExecutionContext, settings: dg.ResourceParam[Settings]) -> Iterator[Any]:
    """Check the volumes of the run's dates, or of all built dates if the run has none."""
    hold(settings, context.run.run_id)
    warehouse = open_warehouse(settings)
    built = warehouse.built_dates()
    asked = sorted(tagged_dates(context.run.tags) or built)
    window = timedelta(days=settings.volume_window_days)
    with warehouse.reading():
        (latest,) = warehouse.query("select max(event_date) from marts.fct_events").rows[0]
        # If the latest landing date has no event yet, only late rows have landed on it: its own are still to come.
        landed = max((day for _, day in freshness.state(settings, "events")), default=None)
        dates = [day for day in asked if day != landed or (latest and day <= latest)]
        known = days([(dates[0] - window, dates[-1])]) if dates else ()
        events = warehouse.row_counts("marts.fct_events", "event_date", known)
        orders = warehouse.row_counts("marts.fct_orders", "order_date", dates)
    few, many = settings.min_events_per_day, settings.max_events_per_day
    found: dict[str, tuple[Sequence[str], Sequence[Sequence[Any]]]] = {
        EVENTS_WITHIN: (["day", "events"], _outside(events, dates, few, many)),
        ORDERS_WITHIN: (
            ["day", "orders"],
            _outside(orders, dates, settings.min_orders_per_day, settings.max_orders_per_day),
        ),
        EVENTS_USUAL: (["day", "events", "median before"], _unusual(settings, events, dates)),
        LATEST_BUILT: (["latest landed", "latest built"], _behind(settings, built, asked)),
    }
    for check in sorted(context.selected_asset_check_keys):
        columns, rows = found[check.name]
        yield _warning(check.asset_key, check.name, columns, rows)


def _behind(settings: Settings, built: Iterable[date], dates: Sequence[date]) -> list[tuple[date, date | None]]:
    landed = max(staleness.wanted(settings, built), default=None)
    latest = max([*built, *dates], default=None)
    return [(landed, latest)] if landed and (latest is None or latest < landed) else []


def _unusual(settings: Settings, events: Mapping[date, int], dates: Sequence[date]) -> list[tuple[Any, ...]]:
    found = []
    for day in dates:
        before = [events[day - DAY * n] for n in range(1, settings.volume_window_days + 1)]
        counted = [count for count in before if count]
        if len(counted) >= FEWEST_DAYS:
            usual = median(counted)
            if abs(events[day] - usual) > settings.volume_max_deviation * usual:
                found.append((day, events[day], usual))
    return found


def _outside(counts: Mapping[date, int], dates: Sequence[date], low: int, high: int) -> list[tuple[date, int]]:
    return [(day, counts[day]) for day in dates if not low <= counts[day] <= high]


def _warning(
    key: dg.AssetKey, name: str, columns: Sequence[str], found: Sequence[Sequence[Any]]
) -> dg.AssetCheckResult:
    """Return the result of a warning check: the number of violations, and some examples."""
    metadata: dict[str, Any] = {"found": len(found)}
    if found:
        metadata[EXAMPLES] = table(dict(zip(columns, row, strict=True)) for row in found[:MOST_EXAMPLES])
    return dg.AssetCheckResult(
        passed=not found,
        asset_key=key,
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )
