"""What a build has consumed: the state of the lake that its dates were built from.

A build remembers that state when it starts to read; the last step of the same run marks the dates as built from it.
Were it asked for at the end, rows that landed in between would be taken for built.
Belongs here: carrying that state, and which dates followed from it, from one step to another. Does not belong here:
what the state is (``ingest/lake``).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from user_activity.ingest import lake
from user_activity.settings import Settings


def remember(settings: Settings, run_id: str, state: Mapping[date, str], rebuilt: Iterable[date] = ()) -> None:
    """Keep the state that a run has built from, and all the dates that it rebuilt for it."""
    path = _path(settings, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    memory = {
        "state": {day.isoformat(): mark for day, mark in state.items()},
        "rebuilt": [day.isoformat() for day in rebuilt],
    }
    path.write_text(json.dumps(memory))


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
    lake.mark_built(settings, state)
    path.unlink()
    return len(state)


def wanted(settings: Settings) -> dict[date, str]:
    """The state of every date: of the rows that bear on it, and of the files that landed on it, which are counted."""
    # A date that was built stays one: what its rows came from may have been taken back since.
    facts: dict[date, list[str]] = defaultdict(list, {day: [] for day in lake.built(settings)})
    for day, state in lake.touched(settings).items():
        facts[day].append(state)
    for (source, day), state in sorted(lake.state(settings).items()):
        facts[day].append(f"{source} {state}")
    return {day: hashlib.sha256("\n".join(states).encode()).hexdigest()[:16] for day, states in facts.items()}


def stale(settings: Settings) -> dict[date, str]:
    """The dates whose state is another than the one last built from."""
    built = lake.built(settings)
    return {day: state for day, state in sorted(wanted(settings).items()) if built.get(day) != state}


def _path(settings: Settings, run_id: str) -> Path:
    return settings.warehouse_dir / "building" / f"{run_id}.json"
