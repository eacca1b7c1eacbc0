"""Incidents as a message: a short subject, plain text, HTML, and a JSON document for webhooks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any
from uuid import uuid4

from user_activity.orchestration.alerts.incidents import Pending
from user_activity.settings import Settings

PREFIX = "[user_activity] "
LONGEST_SUBJECT = 120
LONGEST_VALUE = 300
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
LOOKS = "font-family:sans-serif;font-size:14px"
CELL = "padding:2px 12px 2px 0;vertical-align:top;text-align:left"


class Undelivered(Exception):
    """A message was not accepted. The text says by whom and why, without secrets."""


@dataclass(frozen=True)
class Message:
    """One message in all formats that channels use."""

    id: str
    subject: str
    text: str
    html: str
    document: dict[str, Any]


def compose(settings: Settings, told: Sequence[Pending], now: float, elsewhere: str = "") -> Message:
    """Return a message of these incidents; ``elsewhere`` is a sentence about others."""
    name = uuid4().hex
    last = [
        *([elsewhere] if elsewhere else []),
        f"Repeats within {settings.alert_repeat_hours:g} hours are counted, and sent in one summary.",
    ]
    text = "\n\n".join([*(_as_text(settings, one) for one in told), "-- \n" + "\n".join(last)])
    html = "".join(_as_html(settings, one) for one in told) + "".join(f"<p>{escape(line)}</p>" for line in last)
    document = {
        "version": 1,
        "id": name,
        "sent_at": _iso(now),
        "text": "\n".join(_clean(_headline(one)) for one in told),
        "alerts": [_as_document(settings, one) for one in told],
    }
    return Message(name, _subject(told), _clean(text), _clean(f'<div style="{LOOKS}">{html}</div>'), document)


def run_url(settings: Settings, run_id: str) -> str:
    """Return the URL of a run in the UI."""
    return f"{settings.ui_url.rstrip('/')}/runs/{run_id}"


def _subject(told: Sequence[Pending]) -> str:
    first = _headline(told[0])
    words = " ".join(_clean(first if len(told) == 1 else f"{len(told)} alerts: {first}").split())
    return PREFIX + (words if len(words) <= LONGEST_SUBJECT else words[: LONGEST_SUBJECT - 1] + "…")


def _headline(one: Pending) -> str:
    return f"{one.problem.title} ({one.times} times)" if one.times > 1 else one.problem.title


def _lines(settings: Settings, one: Pending) -> Iterator[tuple[str, str]]:
    """Yield the details as (label, value), without the longer cause and examples."""
    problem = one.problem
    yield "When", f"{_moment(problem.at)}{_again(one)}"
    names = {"Job": problem.job, "Step": problem.step, "Asset": problem.asset, "Check": problem.check}
    yield from ((label, value) for label, value in names.items() if value)
    if problem.dates:
        yield "Dates", _short(problem.dates.replace(",", ", "))
    yield from ((label.replace("_", " ").capitalize(), f"{value:,}") for label, value in problem.facts.items())
    if problem.owners:
        yield "Owners", ", ".join(problem.owners)
    if problem.run_id:
        yield "Run", run_url(settings, problem.run_id)


def _again(one: Pending) -> str:
    often = f"; {one.times} times since {_moment(one.since)}" if one.times > 1 else ""
    return often + (f"; told before at {_moment(one.told_at)}" if one.told_at else "")


def _as_text(settings: Settings, one: Pending) -> str:
    problem = one.problem
    lines = [f"{problem.severity.upper()}: {problem.title}", ""]
    lines += [f"  {label:<14} {value}" for label, value in _lines(settings, one)]
    lines += ["", *(f"  {line}" for line in problem.cause.splitlines())]
    if problem.examples:
        lines += ["", "  Some of them:", *(f"  {' | '.join(row)}" for row in _table(problem.examples))]
    return "\n".join(lines)


def _as_html(settings: Settings, one: Pending) -> str:
    problem = one.problem
    colour = "#b00020" if problem.severity == "error" else "#8a6d00"
    rows = "".join(
        f'<tr><th style="{CELL}">{escape(label)}</th><td style="{CELL}">{_linked(value)}</td></tr>'
        for label, value in _lines(settings, one)
    )
    examples = f"<p>Some of them:</p>{_html_table(problem.examples)}" if problem.examples else ""
    return (
        f'<h3 style="color:{colour}">{escape(problem.title)}</h3><table>{rows}</table>'
        f'<pre style="white-space:pre-wrap">{escape(problem.cause)}</pre>{examples}'
    )


def _html_table(records: Sequence[Mapping[str, Any]]) -> str:
    rows = ("".join(f'<td style="{CELL}">{escape(cell)}</td>' for cell in row) for row in _table(records))
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _table(records: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Yield the column names, then each record's values, as text in one line."""
    yield list(records[0])
    yield from (
        [" ".join(str(value).split()) if value is not None else "" for value in record.values()] for record in records
    )


def _as_document(settings: Settings, one: Pending) -> dict[str, Any]:
    """Return one alert of the webhook's document; docs/alerts.md lists the fields."""
    problem = one.problem
    return {
        **{name: _deep(value) for name, value in problem.written().items() if name != "at"},
        "at": _iso(problem.at),
        "run_url": run_url(settings, problem.run_id) if problem.run_id else None,
        "times": one.times,
        "since": _iso(one.since),
        "told_at": _iso(one.told_at) if one.told_at else None,
    }


def _deep(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _deep(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_deep(each) for each in value]
    return _clean(value) if isinstance(value, str) else value


def _linked(value: str) -> str:
    text = escape(value)
    return f'<a href="{text}">{text}</a>' if value.startswith(("http://", "https://")) else text


def _clean(text: str) -> str:
    """Return text that can be encoded and shown anywhere, without control characters."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
