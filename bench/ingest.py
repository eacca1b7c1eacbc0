"""What reading a day of events costs, beside its floor: a bare DuckDB script with the same rules, in the same run.

    python bench/ingest.py [--rows 2000000] [--formats jsonl,csv,parquet]

The floor reads the file as text, casts, applies every rule of the events contract, drops duplicates and writes Parquet.
Ours does that without the duplicates (staging's work), and also digests, numbers, explains and quarantines.
CPU seconds and memory are those of a child process each; half a percent of the rows break a rule.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from user_activity.ingest import ingest
from user_activity.settings import EVENT_TYPES, Settings

DAY = date(2026, 1, 5)
TYPES = {"event_at": "timestamptz", "revenue": "decimal(18,4)", "quantity": "bigint"}
COLUMNS = (
    "event_id", "user_id", "event_type", "event_at", "session_id", "product_id", "quantity", "revenue", "currency",
    "page_url", "referrer", "user_agent", "country", "ab_variant", "theme",
)  # fmt: skip
READERS = {
    "jsonl": "read_json('{path}', format='newline_delimited', columns={{{columns}}})",
    "csv": "read_csv('{path}', header=true, all_varchar=true)",
    "parquet": "read_parquet('{path}')",
}


def generate(folder: Path, rows: int) -> None:
    """One day of events in every format."""
    kinds = ", ".join(f"'{name}'" for name in EVENT_TYPES)
    bad = "hash(i * 13) % 200 = 0"
    query = f"""
        select 'e' || i as event_id, 'u' || (hash(i) % 50000) as user_id,
            case when {bad} and i % 2 = 0 then 'purchse'
                else [{kinds}][(1 + hash(i * 7) % {len(EVENT_TYPES)})::int] end as event_type,
            strftime(timestamp '{DAY}' + to_microseconds((i * 86400000000.0 / {rows})::bigint), '%Y-%m-%dT%H:%M:%SZ')
                as event_at,
            's' || (hash(i) % 200000) as session_id, 'p' || (hash(i * 3) % 500) as product_id,
            case when i % 6 = 5 then 1 + i % 3 end as quantity,
            case when {bad} and i % 2 = 1 then -1.0 when i % 6 = 5 then (i % 10000) / 100.0 end as revenue,
            case when i % 6 = 5 then 'SEK' end as currency, 'https://shop.example/p/' || (i % 1000) as page_url,
            'https://search.example/?q=' || (i % 777) as referrer,
            'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0' as user_agent,
            'SE' as country, i % 7 as ab_variant, 'x' || i % 3 as theme
        from range({rows}) t(i)"""
    with duckdb.connect() as connection:
        connection.execute(f"create table e as {query}")
        connection.execute(f"copy e to '{folder}/events.jsonl' (format json)")
        connection.execute(f"copy e to '{folder}/events.csv' (header)")
        connection.execute(
            f"copy (select * replace (event_at::timestamp as event_at) from e) to '{folder}/events.parquet'"
        )


def floor(path: Path, target: Path) -> None:
    """The same rules, straight in DuckDB."""
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in COLUMNS)
    read = READERS[path.suffix[1:]].format(path=path, columns=columns)
    texts = ", ".join(f"nullif(trim({name}::varchar), '') as {name}" for name in COLUMNS if name not in TYPES)
    typed = ", ".join(
        f"try_cast({name} as {kind}){'::timestamp' if name == 'event_at' else ''} as {name}, "
        f"{name} is not null as has_{name}" for name, kind in TYPES.items()
    )  # fmt: skip
    listed = ", ".join(f"'{name}'" for name in EVENT_TYPES)
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"""
            copy (
                select * from (select {texts}, {typed} from {read})
                where user_id is not null and event_type in ({listed}) and event_at is not null
                    and event_at >= timestamp '2025-01-01' and event_at < timestamp '{DAY}' + interval 2 days
                    and (not has_revenue or (revenue is not null and revenue >= 0))
                    and (not has_quantity or (quantity is not null and quantity >= 0))
                    and (currency is null or regexp_full_match(currency, '[A-Z]{{3}}'))
                qualify row_number() over (partition by event_id order by event_at) = 1
            ) to '{target}'""")


def ours(path: Path, data_dir: Path) -> None:
    """The platform's own way."""
    settings = Settings(data_dir=data_dir, _env_file=None)  # type: ignore[call-arg]
    folder = settings.incoming_dir / "events" / DAY.isoformat()
    folder.mkdir(parents=True)
    os.link(path, folder / path.name)
    (result,) = ingest(settings, "events", [DAY])
    assert result.rows_landed == result.rows_accepted + result.rows_quarantined
    assert result.rows_quarantined


def measured(work: Callable[[], None]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of a child process that does the work."""
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"the measured process failed ({status})")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def small_files(folder: Path, files: int) -> float:
    """Milliseconds a file, for a year of small ones."""
    settings = Settings(data_dir=folder, _env_file=None)  # type: ignore[call-arg]
    days = [date.fromordinal(date(2025, 6, 1).toordinal() + number) for number in range(365)]
    for number in range(files):
        day = days[number % len(days)]
        target = settings.incoming_dir / "events" / day.isoformat()
        target.mkdir(parents=True, exist_ok=True)
        lines = (
            f'{{"user_id":"u{row % 40}","event_type":"page_view","event_at":"{day}T10:{row % 60:02}:00Z",'
            f'"event_id":"{number}-{row}"}}\n'
            for row in range(160)
        )
        (target / f"{number}.jsonl").write_text("".join(lines))
    started = time.monotonic()
    ingest(settings, "events", days)
    return (time.monotonic() - started) / files * 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--formats", default="jsonl,csv,parquet")
    parser.add_argument("--files", type=int, default=1_500, help="small files for the last line; 0 leaves it out")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        generate(folder, asked.rows)
        print(f"{asked.rows:,} events of one day   floor: wall, CPU, memory    ours: wall, CPU, memory    CPU ratio")
        for form in asked.formats.split(","):
            path = folder / f"events.{form}"
            bare = measured(lambda path=path: floor(path, folder / "floor.parquet"))  # type: ignore[misc]
            full = measured(lambda path=path, form=form: ours(path, folder / form))  # type: ignore[misc]
            print(
                f"{form:<28} {bare[0]:6.1f} s {bare[1]:6.1f} s {bare[2]:6.0f} MB  "
                f"{full[0]:6.1f} s {full[1]:6.1f} s {full[2]:6.0f} MB   {full[1] / bare[1]:.2f}"
            )
        if asked.files:
            print(f"{asked.files:,} small files: {small_files(folder / 'small', asked.files):.1f} ms a file")


if __name__ == "__main__":
    main()
