"""Incidents: what happened, and what each channel has been sent.

Stored in one small JSON file, replaced atomically. One tick at a time holds its lock. If the file is lost, incidents of
the last day are sent again.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from user_activity.files import write_texts
from user_activity.orchestration.date_ranges import days, ranges, read, written

Kind = Literal["failed_run", "failed_check", "late_data", "failing_tick", "undelivered", "test"]
Severity = Literal["error", "warning"]

LONGEST_CAUSE = 3000
SAME_UP_TO = 500  # characters of each text that are compared for deduplication
CHANGING = re.compile(r"[0-9a-f]{8,}|\d+")  # ids and numbers, ignored for deduplication


@dataclass(frozen=True)
class Incident:
    """What happened: ``title`` is one line, ``cause`` is the error message or what the check found.

    Incidents with the same ``key`` are repeats. ``at`` is epoch seconds; ``examples`` are rows with the same columns.
    """

    key: str
    kind: Kind
    title: str
    cause: str
    at: float
    severity: Severity = "error"
    job: str | None = None
    run_id: str | None = None
    dates: str | None = None
    step: str | None = None
    asset: str | None = None
    check: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[Mapping[str, Any], ...] = ()
    owners: tuple[str, ...] = ()

    def written(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Incident":
        """Return the incident with these fields; unknown ones are ignored."""
        known = {each.name: values[each.name] for each in fields(cls) if each.name in values}
        rows = tuple(map(dict, known.get("examples", ())))
        return cls(**{**known, "examples": rows, "owners": tuple(known.get("owners", ()))})


def key(kind: Kind, *what: str | None) -> str:
    """Return the deduplication key: numbers and hexadecimal ids in ``what`` are ignored."""
    text = "\n".join(CHANGING.sub("#", (part or "").lower())[:SAME_UP_TO] for part in what)
    return f"{kind}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def first_line(text: str) -> str:
    """Return the first line that is not blank; an empty text if there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


FIRST_WAIT, LONGEST_WAIT = 30.0, 600.0  # seconds between retries of a failing channel


@dataclass(frozen=True)
class Pending:
    """An incident to send: number of occurrences, time of the first, and when it was last sent (epoch seconds)."""

    problem: Incident
    times: int
    since: float
    told_at: float | None = None


@dataclass
class ChannelState:
    """One incident on one channel: occurrences since it was last sent, time of the first, and when it was sent."""

    times: int = 0
    since: float = 0
    told_at: float | None = None


@dataclass
class Tracked:
    """The last occurrence of an incident, and its state on each channel."""

    problem: Incident
    accounts: dict[str, ChannelState]

    @property
    def untold(self) -> bool:
        """Whether it still has to be sent on any channel."""
        return any(account.times for account in self.accounts.values())


@dataclass
class Outage:
    """A failing channel: since when, why, the number of attempts, and when it is retried."""

    since: float
    error: str
    tries: int = 0
    next_at: float = 0


@dataclass
class IncidentLog:
    """Everything that is stored. ``since`` and all other times are epoch seconds."""

    path: Path
    since: float | None = None
    seen: dict[str, float] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    standing: list[str] = field(default_factory=list)
    incidents: dict[str, Tracked] = field(default_factory=dict)
    troubles: dict[str, Outage] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "IncidentLog":
        """Read the stored log. An unreadable file is renamed, and an empty log is returned."""
        path = folder / "memory.json"
        try:
            kept = json.loads(path.read_text())
            return cls(
                path,
                kept["since"],
                kept["seen"],
                kept["waiting"],
                kept["standing"],
                {
                    key: Tracked(
                        Incident.read(each["problem"]),
                        {channel: ChannelState(**account) for channel, account in each["accounts"].items()},
                    )
                    for key, each in kept["incidents"].items()
                },
                {channel: Outage(**trouble) for channel, trouble in kept["troubles"].items()},
            )
        except FileNotFoundError:
            return cls(path)
        except (ValueError, KeyError, TypeError):
            path.replace(path.with_suffix(".unreadable"))
            return cls(path)

    def write(self) -> None:
        """Store the log, atomically and durably."""
        kept: dict[str, Any] = {
            "since": self.since,
            "seen": self.seen,
            "waiting": self.waiting,
            "standing": self.standing,
            "incidents": {
                key: {
                    "problem": each.problem.written(),
                    "accounts": {channel: vars(account) for channel, account in each.accounts.items()},
                }
                for key, each in self.incidents.items()
            },
            "troubles": {channel: vars(trouble) for channel, trouble in self.troubles.items()},
        }
        write_texts({self.path: json.dumps(kept)})

    def note(self, problem: Incident, channels: Iterable[str]) -> None:
        """Count an occurrence of an incident on its channels; the dates of unsent occurrences are merged."""
        known = self.incidents.get(problem.key)
        if known and known.untold:
            dates = written(ranges(days(read(",".join(filter(None, (known.problem.dates, problem.dates)))))))
            problem = replace(problem, dates=dates or None)
        incident = self.incidents[problem.key] = Tracked(problem, known.accounts if known else {})
        for channel in channels:
            account = incident.accounts.setdefault(channel, ChannelState())
            account.since = account.since if account.times else problem.at
            account.times += 1

    def readdress(self, channels: Callable[[Incident], Iterable[str]]) -> None:
        """Move unsent incidents from channels that are no longer theirs to the current ones."""
        for incident in self.incidents.values():
            wanted = list(channels(incident.problem))
            gone = [incident.accounts.pop(channel) for channel in list(incident.accounts) if channel not in wanted]
            untold = next((account for account in gone if account.times), None)
            if untold:
                for channel in wanted:
                    incident.accounts.setdefault(channel, replace(untold, told_at=None))

    def untold(self, channel: str, now: float, repeat_after: float) -> list[Pending]:
        """Return what to send on a channel now: errors first, then by age. Repeats wait ``repeat_after`` seconds."""
        found = [
            Pending(incident.problem, account.times, account.since, account.told_at)
            for incident in self.incidents.values()
            if (account := incident.accounts.get(channel)) and account.times
            if account.told_at is None or now >= account.told_at + repeat_after
        ]
        return sorted(found, key=lambda one: (one.problem.severity != "error", one.since, one.problem.key))

    def tell(self, channel: str, told: Iterable[Pending], now: float) -> None:
        """Mark these incidents as sent on a channel, and the channel as working."""
        for one in told:
            self.incidents[one.problem.key].accounts[channel] = ChannelState(told_at=now)
        self.troubles.pop(channel, None)

    def fail(self, channel: str, error: str, now: float) -> Outage:
        """Note that a channel failed. It is retried at the next tick, then with backoff."""
        trouble = self.troubles.setdefault(channel, Outage(now, error))
        trouble.next_at = now + (min(FIRST_WAIT * 2**trouble.tries, LONGEST_WAIT) if trouble.tries else 0)
        trouble.error, trouble.tries = error, min(trouble.tries + 1, 16)
        return trouble

    def forget(self, now: float, repeat_after: float) -> None:
        """Delete incidents sent over ``repeat_after`` seconds ago, and outages of channels with nothing to send."""
        for key, incident in list(self.incidents.items()):
            told = max((account.told_at or 0 for account in incident.accounts.values()), default=0)
            if not incident.untold and now >= told + repeat_after:
                del self.incidents[key]
        used = {name for each in self.incidents.values() for name, account in each.accounts.items() if account.times}
        self.troubles = {channel: trouble for channel, trouble in self.troubles.items() if channel in used}
