"""The warehouse's access to the lake: neither ``ingest`` nor ``warehouse`` imports the other."""

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
    """Return the columns of a source's Parquet parts, in order, with their SQL types."""
    return {**{name: kind.sql_type for name, kind in source.kinds.items()}, **RECEIVED}


@dataclass(frozen=True)
class IngestedLake:
    """The manifests that ingest has written (see :class:`user_activity.warehouse.Lake`)."""

    settings: Settings

    def marks(self) -> Mapping[tuple[str, date], str]:
        """Return a mark per (source, landing date); it changes when the partition's content does."""
        return quarantine.marks(self.settings)

    def bad_records(self, keys: Iterable[tuple[str, date]]) -> Any:
        """Return the records ever rejected in these landing partitions, with their states, as an Arrow stream."""
        return quarantine.stream(self.settings, keys)

    def read_manifests(self, keys: Iterable[tuple[str, date]]) -> list[dict[str, Any]]:
        """Return the manifests of these landing partitions."""
        found = (manifest.read(self.settings, source, day) for source, day in keys)
        return [json.loads(json.dumps(asdict(each), default=str)) for each in found if each]

    def raw_columns(self, source: str) -> Mapping[str, str]:
        """Return the columns of a source's Parquet parts, in order, with their SQL types."""
        return raw_columns(SOURCES[source])

    def sources(self) -> Iterable[str]:
        """Return the names of all sources."""
        return SOURCES
