"""Why a date is rebuilt: compares the data and settings of its last build with the current ones."""

import json
from collections.abc import Iterable, Sequence

Reason = tuple[str, str]
"""What changed, and the detail: a file with source and landing date, a setting with both values, or tables."""

LANDED = "a file landed"
READ_AGAIN = "a file was ingested again"
WITHDRAWN = "a file was withdrawn"
SETTING = "a setting changed"
INTERRUPTED = "an earlier build did not end"
TABLES = "a table is new, changed or emptied"
ASKED_FOR = "asked for"


def reasons(
    before: Sequence[str], now: Sequence[str], *, is_finished: bool, tables: Iterable[str] = ()
) -> list[Reason]:
    """Return the differences between two states of a date.

    If there are none, the reason is ``tables``, which no longer match their SQL, or that the date was asked for.
    """
    files_before, settings_before = _read(before)
    files_now, settings_now = _read(now)
    found: list[Reason] = [] if is_finished else [(INTERRUPTED, "")]
    for file in sorted({*files_before, *files_now}):
        if files_before.get(file) != files_now.get(file):
            what = LANDED if file not in files_before else WITHDRAWN if file not in files_now else READ_AGAIN
            found.append((what, " ".join(file)))
    if settings_before and settings_now:
        found += [
            (SETTING, f"{name}: {settings_before.get(name, '')!r} is now {settings_now.get(name, '')!r}")
            for name in sorted({*settings_before, *settings_now})
            if settings_before.get(name) != settings_now.get(name)
        ]
    return found or [(TABLES, ", ".join(sorted(tables))) if tables else (ASKED_FOR, "")]


def _read(facts: Iterable[str]) -> tuple[dict[tuple[str, str, str], set[str]], dict[str, str]]:
    """Return files (source, landing date, name) with their parts, and settings with their values."""
    files: dict[tuple[str, str, str], set[str]] = {}
    settings: dict[str, str] = {}
    for line in facts:
        kind, *fact = json.loads(line)
        if kind == "settings":
            settings = fact[0]
        else:
            source, landing_date, name, part = fact
            files.setdefault((source, landing_date, name), set()).add(part)
    return files, settings
