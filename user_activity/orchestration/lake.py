"""The lake as the warehouse wants to see it: the one place where ingest and warehouse meet.

Belongs here: handing one room's answers to the other. Does not belong here: any answer of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from user_activity.ingest import lake
from user_activity.settings import Settings
from user_activity.sources import SOURCES


@dataclass(frozen=True)
class IngestedLake:
    """The manifests that ingest has written (see :class:`user_activity.warehouse.Lake`)."""

    settings: Settings

    def marks(self) -> Mapping[tuple[str, date], str]:
        """(source, landing date) of every landing partition, with a mark that changes when its content does."""
        return lake.marks(self.settings)

    def read_manifests(self, keys: Iterable[tuple[str, date]]) -> list[dict[str, Any]]:
        """The manifests of these landing partitions."""
        return lake.read_manifests(self.settings, keys)

    def raw_columns(self, source: str) -> Mapping[str, str]:
        """Columns of a source's parts, in order, with their SQL types."""
        return lake.raw_columns(source)

    def sources(self) -> Iterable[str]:
        """The names of all sources."""
        return SOURCES
