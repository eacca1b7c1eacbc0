"""Manifests: what raw holds per source and landing date, one small JSON file each. Writing a manifest is the commit."""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from user_activity.files import write_texts
from user_activity.settings import Settings

KINDS = ("raw", "quarantine", "repairs", "history")
"""The kinds of part that a file can have."""

_log = logging.getLogger(__name__)


class DamagedManifest(Exception):
    """A manifest cannot be read and cannot be rebuilt; the message names it and says what to do."""


@dataclass(frozen=True)
class Entry:
    """One landed file: its row counts, its parts (paths relative to the lake), and its name in the archive."""

    file_name: str
    file_sha256: str
    size_bytes: int
    status: Literal["loaded", "rejected"]
    rows_landed: int
    rows_accepted: int
    rows_quarantined: int
    rows_late: int
    dates: Mapping[str, int]
    touches: tuple[str, ...]
    rules: Mapping[str, int]
    part: str | None
    quarantine: str | None
    archive: str
    loaded_at: str
    problem: str | None = None
    repairs: str | None = None
    """The part that maps its rows to the ids of the quarantined records that they replace."""
    history: str | None = None
    """The part with records that were quarantined before and are accepted now."""
    warnings: Mapping[str, int] = field(default_factory=dict)
    """How many values of accepted rows were set aside, by the rule that they break."""
    withheld: tuple[int, ...] = ()
    """Valid rows that are quarantined nevertheless, because a repaired record was accepted in their place."""

    @property
    def parts(self) -> list[str]:
        """The paths of all parts of the file."""
        return [name for name in (self.part, self.quarantine, self.repairs, self.history) if name]

    @property
    def part_id(self) -> str:
        """The id of the file's parts, derived from its content and the recipe."""
        return Path(self.part or self.quarantine or "").stem


@dataclass(frozen=True)
class Manifest:
    """All files of one source that landed on one date."""

    source: str
    landing_date: date
    recipe: str
    files: tuple[Entry, ...] = field(default=())


def path_of(settings: Settings, source: str, landing_date: date) -> Path:
    """The path of a manifest."""
    return settings.lake_dir / "manifests" / source / f"{landing_date}.json"


def read(settings: Settings, source: str, landing_date: date) -> Manifest | None:
    """The manifest of a landing date; None if nothing was ever committed."""
    path = path_of(settings, source, landing_date)
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return _read_valid(settings, path, status)


def _read_valid(settings: Settings, path: Path, status: os.stat_result) -> Manifest | None:
    """Read a manifest. Returns None if it is damaged: like a lost manifest, it is then rebuilt from the archive."""
    try:
        return _parsed(path, (status.st_mtime_ns, status.st_ino))
    except (ValueError, KeyError, TypeError) as error:
        archive = settings.archive_dir / path.parent.name / path.stem
        if not archive.is_dir():
            raise DamagedManifest(
                f"{path} is damaged ({error}), and {archive} holds no files to rebuild it from: "
                "restore one of them from a backup."
            ) from error
        _log.warning("%s is damaged (%s): the next run rebuilds it from %s.", path, error, archive)
        return None


@lru_cache(maxsize=16_384)
def _parsed(path: Path, version: tuple[int, int]) -> Manifest:  # noqa: ARG001 - part of the cache key
    found = json.loads(path.read_bytes())
    entries = tuple(
        Entry(**{**entry, "touches": tuple(entry["touches"]), "withheld": tuple(entry.get("withheld", ()))})
        for entry in found["files"]
    )
    return Manifest(found["source"], date.fromisoformat(found["landing_date"]), found["recipe"], entries)


def all_of(settings: Settings, source: str | None = None) -> Iterator[Manifest]:
    """All manifests, sorted by source and date."""
    root = settings.lake_dir / "manifests"
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if source in (None, folder.name) and folder.is_dir():
            with os.scandir(folder) as entries:
                found = sorted((e.name, e.stat()) for e in entries if e.name.endswith(".json") and e.name[0] != ".")
            for name, status in found:
                if whole := _read_valid(settings, folder / name, status):
                    yield whole


def commit(settings: Settings, manifests: Iterable[Manifest]) -> None:
    """Replace each manifest atomically, then delete the parts that it no longer names."""
    made = list(manifests)
    write_texts({path_of(settings, each.source, each.landing_date): _text(each) for each in made})
    for each in made:
        named = {name for entry in each.files for name in entry.parts}
        _remove_parts(settings, each.source, each.landing_date, named)


def _text(manifest: Manifest) -> str:
    content = {
        "source": manifest.source,
        "landing_date": manifest.landing_date.isoformat(),
        "recipe": manifest.recipe,
        "files": [asdict(entry) for entry in manifest.files],
    }
    return json.dumps(content, indent=1)


def forget(settings: Settings, source: str, landing_date: date) -> None:
    """Delete the manifest of a date that has no files left, then its parts."""
    path_of(settings, source, landing_date).unlink(missing_ok=True)
    _remove_parts(settings, source, landing_date, set())


def _remove_parts(settings: Settings, source: str, landing_date: date, named: Set[str]) -> None:
    for kind in KINDS:
        folder = settings.lake_dir / part_folder(kind, source, landing_date)
        for part in folder.iterdir() if folder.is_dir() else []:
            if f"{part_folder(kind, source, landing_date)}/{part.name}" not in named:
                part.unlink()


def part_folder(layer: str, source: str, landing_date: date) -> str:
    """The folder of a landing date's parts, relative to the lake."""
    return f"{layer}/{source}/landing_date={landing_date}"
