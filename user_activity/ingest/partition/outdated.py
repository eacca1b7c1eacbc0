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
    folders = {incoming.date_of(folder.name): folder for folder in (root.iterdir() if root.is_dir() else ())}
    lost = {day: LOST for day, folder in folders.items() if day and day not in recipes and any(folder.glob("*"))}
    changed = {day: f"read with recipe {used}, not {current}" for day, used in recipes.items() if used != current}
    # A later start date leaves landing dates that are no partition any more.
    return {day: why for day, why in sorted({**lost, **changed}.items()) if day >= settings.start_date}
