"""The lake as the warehouse wants to see it: the one place where ingest and warehouse meet."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from user_activity.ingest import quarantine
from user_activity.ingest.lake import manifest
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source

RECEIVED = {
    "properties": "VARCHAR",
    "_source_file": "VARCHAR",
    "_file_sha256": "VARCHAR",
    "_row_number": "BIGINT",
    "_loaded_at": "TIMESTAMP",
}


def raw_columns(source: Source) -> dict[str, str]:
    """Columns of a source's parts, in order, with their SQL types."""
    return {**{name: kind.sql_type for name, kind in source.kinds.items()}, **RECEIVED}


@dataclass(frozen=True)
class IngestedLake:
    """The manifests that ingest has written (see :class:`user_activity.warehouse.Lake`)."""

    settings: Settings

    def marks(self) -> Mapping[tuple[str, date], str]:
        """(source, landing date) of every landing partition, with a mark that changes when its content does."""
        return quarantine.marks(self.settings)

    def bad_records(self, keys: Iterable[tuple[str, date]]) -> Any:
        """What is and was rejected of these landing partitions, with the state of each record, as an Arrow stream."""
        return quarantine.stream(self.settings, keys)

    def read_manifests(self, keys: Iterable[tuple[str, date]]) -> list[dict[str, Any]]:
        """The manifests of these landing partitions."""
        found = (manifest.read(self.settings, source, day) for source, day in keys)
        return [json.loads(json.dumps(asdict(each), default=str)) for each in found if each]

    def raw_columns(self, source: str) -> Mapping[str, str]:
        """Columns of a source's parts, in order, with their SQL types."""
        return raw_columns(SOURCES[source])

    def sources(self) -> Iterable[str]:
        """The names of all sources."""
        return SOURCES
