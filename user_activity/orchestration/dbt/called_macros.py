"""Which macros a text calls.

Found by name, because dbt's own dependencies omit calls in branches that are not taken during parsing.
"""

import re
from collections.abc import Mapping

_NAMES = re.compile(r"\w+")


def called(text: str, macros: Mapping[str, str]) -> dict[str, str]:
    """Return the SQL, by name, of the macros that a text calls, directly or through other macros."""
    found: dict[str, str] = {}
    waiting = [text]
    while waiting:
        for name in set(_NAMES.findall(waiting.pop())) & macros.keys() - found.keys():
            found[name] = macros[name]
            waiting.append(found[name])
    return found
