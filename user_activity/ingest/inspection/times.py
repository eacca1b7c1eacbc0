"""Times as producers write them: a format for those that validation does not know, and words for those it knows."""

import re
from collections.abc import Sequence
from datetime import datetime

FORMATS = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y",
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M %p",
    "%m/%d/%y %H:%M", "%d/%m/%y %H:%M",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S",
    "%d/%b/%Y:%H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %Y",
)  # fmt: skip
"""Formats that are tried, in the signs of ``strptime``. Of two that fit, the first is proposed, and both are named."""

_KINDS = (
    (r"\d{9,10}(\.\d+)?", "seconds since 1970"),
    (r"\d{12,13}(\.\d+)?", "milliseconds since 1970"),
    (r"\d{15,16}(\.\d+)?", "microseconds since 1970"),
    (r"\d{18,19}", "nanoseconds since 1970"),
    (r"\d{4}-\d{2}-\d{2}|\d{8}", "dates without a time"),
    (r"\d{4}-\d{2}-\d{2}[T ].*([Zz]|UTC|GMT)", "ISO 8601 in UTC"),
    (r"\d{4}-\d{2}-\d{2}[T ].*[+-]\d{2}(:?\d{2})?", "ISO 8601 with an offset"),
    (r"\d{4}-\d{2}-\d{2}[T ].*", "ISO 8601 without an offset, read as UTC"),
)


def fitting(values: Sequence[str]) -> list[str]:
    """The formats in which all of these values are times, in order."""
    return [form for form in FORMATS if values and all(_is_time(value, form) for value in values)]


def _is_time(value: str, form: str) -> bool:
    try:
        return 1990 <= datetime.strptime(value, form).year <= 2100  # noqa: DTZ007 - whether it is a time, not which
    except ValueError:
        return False


def kind(values: Sequence[str]) -> str:
    """What kind of times these values are; empty if they are of none or of several."""
    kinds = {next((name for form, name in _KINDS if re.fullmatch(form, value)), "") for value in values}
    return kinds.pop() if len(kinds) == 1 else ""
