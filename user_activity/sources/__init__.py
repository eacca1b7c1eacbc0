"""The registry of sources: every module of this package declares one. New modules are discovered automatically.

Belongs here: one module per source. Does not belong here: the building blocks of sources (``contracts``).
"""

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from types import ModuleType

from user_activity.sources.contracts.base import Contract, Source, SourceRejected
from user_activity.sources.contracts.values import ValidationContext

__all__ = ["SOURCES", "Contract", "Source", "SourceRejected", "ValidationContext", "discover"]


def discover(package: ModuleType) -> dict[str, Source]:
    """The source of each module of a package, sorted by name; subpackages are skipped.

    Raises :class:`SourceRejected` if a module declares no source or several, or if two modules use the same name.
    """
    found: dict[str, tuple[str, Source]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg:
            continue
        path = f"{package.__name__.replace('.', '/')}/{module.name}.py"
        source = _declared(path, import_module(f"{package.__name__}.{module.name}"))
        if source.name in found:
            other, _ = found[source.name]
            raise SourceRejected(f"{other} and {path} both declare the source {source.name}: rename one.")
        found[source.name] = path, source
    return {name: found[name][1] for name in sorted(found)}


def _declared(path: str, module: ModuleType) -> Source:
    declared = {source.name: source for source in vars(module).values() if isinstance(source, Source)}
    if not declared:
        raise SourceRejected(
            f"{path} declares no source: it must end with SOURCE = Source(…), as reviews.py does. "
            "What several sources share belongs in user_activity/sources/contracts."
        )
    if len(declared) > 1:
        raise SourceRejected(f"{path} declares {' and '.join(sorted(declared))}: give each source a module of its own.")
    return next(iter(declared.values()))


class _Registry(Mapping[str, Source]):
    """Discovers the sources on first access, so that a command can report an invalid one."""

    @cached_property
    def _found(self) -> dict[str, Source]:
        return discover(import_module(__name__))

    def __getitem__(self, name: str) -> Source:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


SOURCES: Mapping[str, Source] = _Registry()
