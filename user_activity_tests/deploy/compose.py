"""docker-compose.yml as an engine reads it: variables put in, anchors merged.

Belongs here: reading the file. Does not belong here: what must be true of it, and starting what it names.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / "deploy" / "compose.env.example"
VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}")


def interpolated(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables put in; raises :class:`KeyError` for one that must be given and is not."""

    def value(found: re.Match[str]) -> str:
        name, form, rest = found.groups()
        given = environment.get(name, "")
        if not given and form != ":-":
            raise KeyError(name)
        return given or rest

    return VARIABLE.sub(value, text)


def services(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Every service, by name."""
    return dict(yaml.safe_load(interpolated(COMPOSE.read_text(), environment))["services"])


def needed() -> set[str]:
    """The variables that must be given."""
    return {name for name, form, _ in VARIABLE.findall(COMPOSE.read_text()) if form != ":-"}


def example_names() -> tuple[set[str], set[str]]:
    """The variables that the example leaves to be filled in, and those that it only names."""
    text = EXAMPLE.read_text()
    return set(re.findall(r"^(\w+)=$", text, re.MULTILINE)), set(re.findall(r"^# (\w+)=\S+$", text, re.MULTILINE))
