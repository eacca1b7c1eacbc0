"""Landing dates whose archived files must be read again, although no file waits."""

from datetime import date

from user_activity.ingest.lake import manifest
from user_activity.ingest.landing import incoming
from user_activity.ingest.partition.recipe import recipe
from user_activity.settings import Settings
from user_activity.sources import SOURCES

LOST = "its manifest is lost or damaged"


def outdated(settings: Settings, source: str) -> dict[date, str]:
    """Landing dates with the reason why ``ingest`` must read their archived files again.

    The manifest is lost or damaged, or the files were read with other settings or an older contract.
    """
    current = recipe(SOURCES[source], settings)
    recipes = {found.landing_date: found.recipe for found in manifest.all_of(settings, source) if found.files}
    root = settings.archive_dir / source
    archived = {date.fromisoformat(folder.name) for folder in root.iterdir()} if root.is_dir() else set()
    lost = {day for day in archived - recipes.keys() if any(incoming.archive_folder(settings, source, day).iterdir())}
    changed = {day: f"read with recipe {used}, not {current}" for day, used in recipes.items() if used != current}
    return dict.fromkeys(sorted(lost), LOST) | changed
