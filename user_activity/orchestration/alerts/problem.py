"""A problem: one thing that somebody should know of, as plain values that can be kept and sent.

Belongs here: its fields, and how problems that are the same are known as the same. Does not belong here: finding
problems, and wording a message of them.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Kind = Literal["failed_run", "failed_check", "late_data", "failing_tick", "undelivered", "test"]
Severity = Literal["error", "warning"]

LONGEST_CAUSE = 3000
SAME_UP_TO = 500  # characters of a cause that tell one from another
CHANGING = re.compile(r"[0-9a-f]{8,}|\d+")  # what differs between two failures that are the same


@dataclass(frozen=True)
class Problem:
    """What happened: ``title`` in a line, ``cause`` in the words of whoever knows best.

    Two with the same ``key`` are the same problem again. ``at`` is epoch seconds.
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
    examples: str | None = None
    owners: tuple[str, ...] = ()

    def written(self) -> dict[str, Any]:
        """The fields, as JSON takes them."""
        return asdict(self)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Problem":
        """A problem out of such fields."""
        known = {each.name: values[each.name] for each in fields(cls) if each.name in values}
        return cls(**{**known, "owners": tuple(known.get("owners", ()))})


def key(kind: Kind, *what: str | None) -> str:
    """The same text for the same problem, whatever dates, counts and identifiers are in its words."""
    text = "\n".join(CHANGING.sub("#", (part or "").lower())[:SAME_UP_TO] for part in what)
    return f"{kind}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
