"""Figure 1: CPU time and memory for ingesting a day of events. The floor is a plain DuckDB script with the same rules.

The floor reads the file as text, casts, applies all rules of the events contract, drops duplicates and writes Parquet.
Ours does not drop duplicates (staging does), but also hashes the file, numbers rows, and quarantines bad ones with
reasons.
"""

import os
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from bench.data import COLUMNS, DAY, events_of_a_day
from bench.figures import Figure, Workshop
from bench.measure import child
from user_activity.ingest import ingest
from user_activity.setting_types import EVENT_TYPES
from user_activity.settings import Settings

TYPES = {"event_at": "timestamptz", "revenue": "decimal(18,4)", "quantity": "bigint"}
READERS = {
    "jsonl": "read_json('{path}', format='newline_delimited', columns={{{columns}}})",
    "csv": "read_csv('{path}', header=true, all_varchar=true)",
    "parquet": "read_parquet('{path}')",
}
SMALL_FILES = 1_500


def figures(workshop: Workshop) -> Iterator[Figure]:
    """CPU time per format, the peak memory, and the time per small file."""
    folder = workshop.room("ingest")
    child(events_of_a_day, folder, workshop.rows)
    memory: dict[str, float] = {}
    for form in READERS:
        path = folder / f"events.{form}"
        _, bare = child(floor, path, folder / "floor.parquet")
        _, full = child(ours, path, folder / form)
        memory[form] = full.megabytes
        walls = {"wall s": full.wall, "floor's wall s": bare.wall, "MB": full.megabytes, "floor's MB": bare.megabytes}
        yield Figure(f"ingest {workshop.rows:,} events, {form}", full.cpu, bare.cpu, "CPU s", 1.3, details=walls)
    yield Figure("memory of ingesting them, peak", max(memory.values()), None, "MB", 1_500, of_ours=True)
    files = min(SMALL_FILES, workshop.files)
    milliseconds, _ = child(small_files, folder / "small", files)
    yield Figure(f"ingest {files:,} small files, each", milliseconds, None, "ms", 4, of_ours=True)


def floor(path: Path, target: Path) -> None:
    """Apply the same rules directly in DuckDB."""
    columns = ", ".join(f"{name}: 'VARCHAR'" for name in COLUMNS)
    read = READERS[path.suffix[1:]].format(path=path, columns=columns)
    texts = ", ".join(f"nullif(trim({name}::varchar), '') as {name}" for name in COLUMNS if name not in TYPES)
    typed = ", ".join(
        f"try_cast({name} as {kind}){'::timestamp' if name == 'event_at' else ''} as {name}, "
        f"{name} is not null as has_{name}" for name, kind in TYPES.items()
    )  # fmt: skip
    listed = ", ".join(f"'{name}'" for name in EVENT_TYPES)
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
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
    """Ingest the file with the platform."""
    settings = Settings(data_dir=data_dir, _env_file=None)
    folder = settings.incoming_dir / "events" / DAY.isoformat()
    folder.mkdir(parents=True)
    os.link(path, folder / path.name)
    (result,) = ingest(settings, "events", [DAY])
    if result.rows_landed != result.rows_accepted + result.rows_quarantined or not result.rows_quarantined:
        raise RuntimeError(f"{path.name} was not read as it is: {result}")


def small_files(data_dir: Path, files: int) -> float:
    """Ingest small files, spread over a year; return the milliseconds per file."""
    settings = Settings(data_dir=data_dir, _env_file=None)
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
