"""Figure 8: lifecycle and retention of millions of users over a year: a full build, and one more day.

The users' active days are generated in the warehouse. dbt builds the models from them as in any run.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb

from bench.figures import Figure, Workshop
from bench.measure import Cost, child
from user_activity.settings import Settings
from user_activity.warehouse.duckdb import DuckDBWarehouse

FIRST = date(2025, 1, 1)
RUN = "bench"
MODELS = ["int_user_lifespans", "int_user_periods", "int_cohort_activity", "user_lifecycle", "retention"]
SEEDED = """
    create or replace table intermediate.int_user_days as
    select cast(user_key as bigint) as user_key, 'u' || user_key as user_id,
        date '{first}' + cast(day as integer) as event_date,
        cast(1 + hash(user_key, day) % 9 as bigint) as event_count, cast(0 as bigint) as bot_event_count
    from range({users}) as users(user_key), lateral (
        -- A user joins on some day; most come back once or twice, a few on most days.
        select join_day + cast(floor(power(number, 1.0 + hash(user_key, 'pace') % 8 / 4.0)) as bigint) as day
        from (select hash(user_key, 'join') % {days} as join_day) as joined,
            range(1 + cast(floor(2000.0 / (20 + hash(user_key, 'zeal') % 1000)) as bigint)) as visits(number)
    ) as visited
    where day < {days}
    group by user_key, day
"""


def figures(workshop: Workshop) -> Iterator[Figure]:
    """Seconds and memory of the full build, and of one more day."""
    settings = Settings(data_dir=workshop.room("retention") / "data", _env_file=None)
    last = FIRST + timedelta(days=workshop.days - 1)
    active_days, _ = child(seed, settings, workshop.rows, workshop.days)
    _, whole = child(build, settings, FIRST, last)
    _, day = child(build, settings, last, last)
    name = f"retention of {workshop.rows:,} users over {workshop.days} days, {active_days:,} active days"
    yield _figure(name, whole)
    yield _figure(f"{name}: one more day", day)


def _figure(name: str, cost: Cost) -> Figure:
    return Figure(name, cost.wall, None, "s", details={"CPU s": cost.cpu, "MB": cost.megabytes})


def seed(settings: Settings, users: int, days: int) -> int:
    """Generate the days on which each user was active; return the number of rows."""
    DuckDBWarehouse(settings).prepare()
    with duckdb.connect(settings.warehouse_dir / "user_activity.duckdb") as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"set memory_limit = '{settings.warehouse_memory}'")
        connection.execute(SEEDED.format(first=FIRST, users=users, days=days))
        counted = connection.execute("select count(*) from intermediate.int_user_days").fetchone()
    return int(counted[0]) if counted else 0


def build(settings: Settings, first: date, last: date) -> None:
    """Build the models for the given days, as a run does."""
    from user_activity.orchestration.dbt import runner

    warehouse = DuckDBWarehouse(settings)
    with duckdb.connect(settings.warehouse_dir / "user_activity.duckdb") as plan:
        plan.execute(
            "create or replace table audit.rebuilt_dates as "
            f"select '{RUN}' as run_id, cast(day as date) as event_date, 'asked for' as reason "
            "from generate_series(cast(? as date), cast(? as date), interval '1 day') as days(day)",
            [first, last],
        )
        plan.execute(
            "create or replace table audit.rebuilt_users as "
            f"select distinct '{RUN}' as run_id, user_key, cast(null as date) as first_active_date "
            "from intermediate.int_user_days "
            "where event_date between ? and ?",
            [first, last],
        )
        standing = plan.execute("select 1 from duckdb_tables() where table_name = 'int_user_lifespans'").fetchone()
        if standing:
            plan.execute(
                "create or replace table audit.rebuilt_users as select run_id, user_key, lifespans.first_active_date "
                "from audit.rebuilt_users left join intermediate.int_user_lifespans as lifespans using (user_key)"
            )
    with warehouse.building(RUN) as building:
        dates = f"{first}..{last}"
        results = runner.build(settings, MODELS, {**building.environment, "USER_ACTIVITY_DATES": dates})
    failed = [result.message for result in results if result.status == "error" and result.kind == "model"]
    if failed:
        raise RuntimeError("\n".join(failed))
