"""What a run has to do: files that wait, a catalogue that has not come this week, dates that are stale.

A date is stale when its state in the lake differs from the state that it was last built from. A build remembers the
state when it starts to read; the last step of the same run marks the dates as built from it. If the state were read at
the end, rows that landed in between would count as built.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from user_activity.files import write_texts
from user_activity.ingest.lake import freshness
from user_activity.ingest.landing import incoming
from user_activity.settings import Settings
from user_activity.sources import SOURCES


def remember(settings: Settings, run_id: str, state: Mapping[date, str], rebuilt: Iterable[date] = ()) -> None:
    """Keep the state that a run has built from, and all the dates that it rebuilt for it."""
    memory = {
        "state": {day.isoformat(): mark for day, mark in state.items()},
        "rebuilt": [day.isoformat() for day in rebuilt],
    }
    write_texts({_path(settings, run_id): json.dumps(memory)})


def rebuilt(settings: Settings, run_id: str) -> list[date]:
    """The dates that a run has rebuilt; none of a run that remembers nothing."""
    path = _path(settings, run_id)
    return [date.fromisoformat(day) for day in json.loads(path.read_text())["rebuilt"]] if path.exists() else []


def mark(settings: Settings, run_id: str) -> int:
    """Mark what a run remembers as built; returns the number of dates."""
    path = _path(settings, run_id)
    if not path.exists():
        return 0
    state = {date.fromisoformat(day): mark for day, mark in json.loads(path.read_text())["state"].items()}
    freshness.mark_built(settings, state)
    path.unlink()
    return len(state)


def wanted(settings: Settings) -> dict[date, str]:
    """The state of every date: of the rows that bear on it, and of the files that landed on it, which are counted."""
    # A date that was built stays one: what its rows came from may have been taken back since.
    facts: dict[date, list[str]] = defaultdict(list, {day: [] for day in freshness.built(settings)})
    for day, state in freshness.touched(settings).items():
        facts[day].append(state)
    for (source, day), state in sorted(freshness.state(settings).items()):
        facts[day].append(f"{source} {state}")
    return {day: hashlib.sha256("\n".join(states).encode()).hexdigest()[:16] for day, states in facts.items()}


def stale(settings: Settings) -> dict[date, str]:
    """The dates whose state is another than the one last built from."""
    built = freshness.built(settings)
    return {day: state for day, state in sorted(wanted(settings).items()) if built.get(day) != state}


def _path(settings: Settings, run_id: str) -> Path:
    return settings.warehouse_dir / "building" / f"{run_id}.json"


def waiting(settings: Settings) -> dict[str, set[date]]:
    """The landing dates on which files wait, by source."""
    found: dict[str, set[date]] = defaultdict(set)
    for file in incoming.scan(settings):
        found[file.source].add(file.landing_date)
    return found


def catalogue_is_due(settings: Settings) -> bool:
    """Whether the products have an address, and none of this week's has landed yet."""
    products = SOURCES["products"]
    week = products.partition_of(incoming.utc_today())
    landed = {day for _, day in freshness.state(settings, "products")} | waiting(settings)["products"]
    return settings.products_url is not None and week not in map(products.partition_of, landed)


def anything_is_due(settings: Settings) -> bool:
    """Whether a run would find something to do."""
    return bool(waiting(settings) or stale(settings) or catalogue_is_due(settings))
