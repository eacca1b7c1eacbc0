"""Which sources are extracted from a database, and what may go wrong with it. Loads no driver."""

from collections.abc import Mapping
from difflib import get_close_matches

from user_activity.database_settings import Database, database_variable
from user_activity.settings import Settings
from user_activity.sources import SOURCES


class DatabaseRejected(ValueError):
    """The settings give a database to a source that does not exist; the message has the nearest one."""


class ExtractFailed(Exception):
    """A source could not be extracted; the message is one sentence that says why and what to do, without secrets."""


def databases(settings: Settings) -> Mapping[str, Database]:
    """The database of each source. Raises :class:`DatabaseRejected`; the settings cannot check names themselves."""
    for source in settings.databases:
        if source not in SOURCES:
            (nearest,) = get_close_matches(source, SOURCES, n=1, cutoff=0)
            raise DatabaseRejected(
                f"{database_variable([source])} is for the source {source!r}: the nearest is {nearest!r}, "
                f"all are {', '.join(SOURCES)}."
            )
    return settings.databases
