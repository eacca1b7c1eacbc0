"""The registry of sources. A module of this package that defines ``SOURCE`` is a source: nothing else is edited.

Belongs here: discovery. Does not belong here: what a source is (``base``), any one source (its module).
"""

import pkgutil
from importlib import import_module

from user_activity.sources.base import Contract, Source
from user_activity.sources.values import Judge

__all__ = ["SOURCES", "Contract", "Judge", "Source"]


def _discover() -> dict[str, Source]:
    modules = (import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    found = [source for module in modules if isinstance(source := getattr(module, "SOURCE", None), Source)]
    return {source.name: source for source in sorted(found, key=lambda source: source.name)}


SOURCES: dict[str, Source] = _discover()
