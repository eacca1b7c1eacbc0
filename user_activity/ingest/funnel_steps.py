"""Steps of funnels that no event type counts as, by the settings: no user could reach them."""

import csv
from collections.abc import Iterator, Mapping

from user_activity.ingest.inspection.synonyms import meaning
from user_activity.ingest.validation.field_maps import field_map
from user_activity.ingest.validation.in_force import accepting
from user_activity.project import ROOT
from user_activity.setting_types import folded
from user_activity.settings import Settings

_BUILT_IN = ROOT / "sql" / "seeds" / "funnels.csv"


def steps_without_events(settings: Settings) -> list[str]:
    """A sentence for each funnel with a step that no accepted event type counts as."""
    accepted = {folded(name) for name in accepting(settings, "events").event_types}
    if "*" in accepted:
        return []
    return [
        _sentence(settings, funnel, missing)
        for funnel, steps in _funnels(settings).items()
        if (missing := {step: types for step, types in steps.items() if accepted.isdisjoint(map(folded, types))})
    ]


def _funnels(settings: Settings) -> dict[str, dict[int, list[str]]]:
    """The event types of each step of each funnel."""
    found: dict[str, dict[int, list[str]]] = {}
    with (settings.funnels_file or _BUILT_IN).open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["funnel"], {}).setdefault(int(row["step"]), []).append(row["event_type"])
    return found


def _sentence(settings: Settings, funnel: str, missing: Mapping[int, list[str]]) -> str:
    steps = ", ".join(f"step {step} ({' or '.join(types)})" for step, types in missing.items())
    guesses = ", ".join(f"{ours}: [{theirs}]" for ours, theirs in _guesses(settings, missing))
    return (
        f"No accepted event type counts as {steps} of the funnel {funnel}: say which of yours mean it in the map of "
        f"events (roles: {{{guesses}}}), or list it in USER_ACTIVITY_EVENT_TYPES."
    )


def _guesses(settings: Settings, missing: Mapping[int, list[str]]) -> Iterator[tuple[str, str]]:
    """For each step one of its event types, and what may mean it."""
    used = {name for column in field_map(settings, "events").meanings.values() for name in column}
    free = [name for name in settings.event_types if folded(name) not in used]
    for types in missing.values():
        likely = ((ours, name) for name in free if (ours := meaning("event_type", name)) in types and ours)
        yield next(likely, (types[0], "…"))
