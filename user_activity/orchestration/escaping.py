"""Text from outside as a cell of a Markdown table, and back: what a record says is shown, never rendered.

Imports no Dagster: a command that only sends a test alert must not wait for it.
"""

import re
from typing import Any

WIDEST_CELL = 80
MARKUP = r"[\\|<\[]"  # with these, a text from outside could be a tag, a link, a picture or another cell


def cell(value: Any) -> str:
    """A value in one line, cut to the width of a cell."""
    text = "" if value is None else str(value).replace("\n", " ")
    text = text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"
    return re.sub(f"({MARKUP})", r"\\\1", text)


def plain(text: str) -> str:
    """The text of a cell, as it was before."""
    return re.sub(rf"\\({MARKUP})", r"\1", text)
