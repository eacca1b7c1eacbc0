"""The data that figures are measured on: one large day of events, or many days of all sources.

Belongs here: making files and landing them. Does not belong here: measuring.
"""

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from user_activity.setting_types import EVENT_TYPES
from user_activity.settings import Settings
from user_activity.simulate import simulate

DAY = date(2026, 1, 5)
COLUMNS = (
    "event_id", "user_id", "event_type", "event_at", "session_id", "product_id", "quantity", "revenue", "currency",
    "page_url", "referrer", "user_agent", "country", "ab_variant", "theme",
)  # fmt: skip


def events_of_a_day(
    folder: Path, rows: int, day: date = DAY, formats: Sequence[str] = ("jsonl", "csv", "parquet")
) -> None:
    """Write one file per format with the same events of one day, none of them late; 0.5 % of them break a rule."""
    kinds = ", ".join(f"'{name}'" for name in EVENT_TYPES)
    bad = "hash(i * 13) % 200 = 0"
    query = f"""
        select '{day}-' || i as event_id, 'u' || (hash(i) % 50000) as user_id,
            case when {bad} and i % 2 = 0 then 'purchse'
                else [{kinds}][(1 + hash(i * 7) % {len(EVENT_TYPES)})::int] end as event_type,
            strftime(timestamp '{day}' + to_microseconds((i * 86400000000.0 / {rows})::bigint), '%Y-%m-%dT%H:%M:%SZ')
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
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"create table e as {query}")
        copies = {
            "jsonl": "copy e to '{}' (format json)",
            "csv": "copy e to '{}' (header)",
            "parquet": "copy (select * replace (event_at::timestamp as event_at) from e) to '{}'",
        }
        for name in formats:
            connection.execute(copies[name].format(folder / f"events.{name}"))


def shop(folder: Path, days: int, events: int) -> list[date]:
    """Write simulated files of all sources to ``folder/<source>/<landing date>/``; return the landing dates, sorted."""
    simulate(folder, days=days, events=events)
    return sorted({date.fromisoformat(path.name) for path in folder.glob("*/*")})


def land(folder: Path, dates: list[date], settings: Settings) -> None:
    """Copy the files of the given landing dates to ``incoming/``."""
    for source in sorted(folder.iterdir()):
        for day in dates:
            if (source / str(day)).is_dir():
                shutil.copytree(source / str(day), settings.incoming_dir / source.name / str(day))
