"""Figures 9 and 10: a year on PostgreSQL compared with DuckDB; two days built at once compared with one by one."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context

from bench.data import events_of_a_day, land, shop
from bench.figures import Figure, Workshop
from bench.measure import PROGRAM, command
from user_activity.settings import Settings
from user_activity_tests.postgres import Server, running_server

OPTIONS = "-c shared_buffers=256MB -c max_wal_size=8GB"


def figures(workshop: Workshop) -> Iterator[Figure]:
    """Both figures, on one server."""
    with running_server(OPTIONS) as server:
        yield _year(workshop, server)
        yield _two_days(workshop, server)


def _year(workshop: Workshop, server: Server) -> Figure:
    """All days in one run, as `make demo` builds them, without the time to simulate the files."""
    size = ["--days", str(workshop.days), "--events", str(workshop.events_a_year)]
    kept: dict[str, dict[str, float]] = {}
    for warehouse in ("duckdb", "postgres"):
        url = server.fresh_database("bench_year") if warehouse == "postgres" else ""
        environment = {"USER_ACTIVITY_WAREHOUSE": warehouse, "USER_ACTIVITY_WAREHOUSE_URL": url}
        printed, _ = command([PROGRAM, "demo", "--json", *size], workshop.folder / warehouse, more=environment)
        kept[warehouse] = json.loads(printed)["seconds_by_part"]
        kept[warehouse].pop("simulate and land")
    name = f"{workshop.events_a_year:,} events over {workshop.days} days on PostgreSQL, beside DuckDB"
    ours, floor = (sum(kept[warehouse].values()) for warehouse in ("postgres", "duckdb"))
    return Figure(name, ours, floor, "s", details=kept["postgres"])


def _two_days(workshop: Workshop, server: Server) -> Figure:
    """Two busy days after some weeks of history, built by processes that have built before."""
    folder = workshop.room("days")
    dates = shop(folder / "files", 21, 21 * workshop.events_a_day)
    url = server.fresh_database("bench_days")
    settings = Settings(data_dir=folder / "data", warehouse="postgres", warehouse_url=url, _env_file=None)
    land(folder / "files", dates, settings)
    days = [dates[-1] + timedelta(days=number) for number in (1, 2)]
    for day in days:
        incoming = settings.incoming_dir / "events" / str(day)
        incoming.mkdir(parents=True)
        events_of_a_day(incoming, workshop.events_of_a_busy_day, day, formats=("jsonl",))
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        pool.submit(settled, settings).result()
        together, apart = [], []
        for number in range(workshop.times + 1):  # the first time does not count, because processes are cold
            started = time.monotonic()
            list(pool.map(built, [settings] * 2, days))
            halfway = time.monotonic()
            for day in days:
                pool.submit(built, settings, day).result()
            if number:
                together.append(round(halfway - started, 2))
                apart.append(round(time.monotonic() - halfway, 2))
    name = f"two days of {workshop.events_of_a_busy_day:,} events built at once on PostgreSQL, beside one by one"
    return Figure(name, min(together), min(apart), "s", details={"each": together, "one by one": apart})


def settled(settings: Settings) -> None:
    """Ingest and build all landed files."""
    from user_activity.orchestration.command_runs import open_runner

    with open_runner(settings) as runner:
        _succeed(runner.run_pending().failures)


def built(settings: Settings, day: date) -> None:
    """Build one day."""
    from user_activity.orchestration.command_runs import open_runner
    from user_activity.orchestration.jobs import BUILD
    from user_activity.orchestration.outcome import Outcome
    from user_activity.orchestration.partitions import range_tags

    outcome = Outcome()
    with open_runner(settings) as runner:
        runner.execute(outcome, BUILD, range_tags([day]))
    _succeed(outcome.failures)


def _succeed(failures: Sequence[str]) -> None:
    if failures:
        raise RuntimeError("\n".join(failures))
