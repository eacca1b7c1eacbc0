"""Figure 6: a sensor's tick over many waiting files, compared with listing them."""

import os
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench.figures import Figure, Workshop
from bench.measure import child
from user_activity.settings import Settings

FOLDERS = 365


def figures(workshop: Workshop) -> Iterator[Figure]:
    """The first tick, for which all files are new, and the next one."""
    (floor, first, second), _ = child(ticks, workshop.room("sensors"), workshop.files)
    name = f"sensor tick over {workshop.files:,} waiting files"
    yield Figure(name, first, floor, "s", 2, of_ours=True, details={"the next tick": second})


def ticks(data_dir: Path, files: int) -> tuple[float, float, float]:
    """Return the seconds of listing the files, and of two ticks."""
    import dagster as dg

    from user_activity.orchestration.instance.home import open_instance
    from user_activity.orchestration.sensors import build_file_sensor
    from user_activity.sources import SOURCES

    settings = Settings(data_dir=data_dir, settle_seconds=0, _env_file=None)
    incoming = settings.incoming_dir / "events"
    for number in range(files):
        folder = incoming / date.fromordinal(date(2025, 1, 1).toordinal() + number % FOLDERS).isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.jsonl").write_text("{}\n")
    sensor = build_file_sensor(settings, SOURCES["events"])
    seconds, cursor = [_listing(incoming)], None
    with open_instance(settings) as instance:
        for _ in range(2):
            started = time.monotonic()
            context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"settings": settings})
            answer = sensor.evaluate_tick(context)
            seconds.append(time.monotonic() - started)
            cursor = answer.cursor
    return seconds[0], seconds[1], seconds[2]


def _listing(folder: Path) -> float:
    started = time.monotonic()
    for day in os.scandir(folder):
        for file in os.scandir(day):
            file.stat()
    return time.monotonic() - started
