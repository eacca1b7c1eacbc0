"""Entries of ``incoming`` that are not ingested: folders that no source is named after, and files outside folders."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from user_activity.ingest.landing.incoming import entries
from user_activity.ingest.readers.files import shown
from user_activity.settings import Settings
from user_activity.sources import SOURCES


@dataclass(frozen=True)
class PassedOver:
    """A file or folder that is not ingested; ``nearest`` is the source with the most similar name."""

    path: Path
    nearest: str
    is_folder: bool

    @property
    def sentence(self) -> str:
        """What is wrong, and what to do."""
        place = f"incoming/{shown(self.path.name)}"
        what = (
            f"{place}/ is no source's folder, and what is in it"
            if self.is_folder
            else f"{place}, in no source's folder,"
        )
        return f"{what} is not ingested: move it into the folder of its source (incoming/{self.nearest}/?)."


def passed_over(settings: Settings) -> list[PassedOver]:
    """All such entries, sorted by name; empty folders are left out."""
    if not settings.incoming_dir.is_dir():
        return []
    found = []
    for entry in sorted(entries(settings.incoming_dir), key=lambda entry: entry.name):
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name not in SOURCES and not (is_folder and next(entries(Path(entry.path)), None) is None):
            (nearest,) = get_close_matches(entry.name.lower(), SOURCES, 1, cutoff=0)
            found.append(PassedOver(Path(entry.path), nearest, is_folder))
    return found
