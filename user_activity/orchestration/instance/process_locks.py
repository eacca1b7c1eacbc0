"""Where the locks lie that say which process works on a run."""

from pathlib import Path

from user_activity.settings import Settings

PROCESS_TAG = "user_activity/process"
"""The tag of a command's runs, with the name of the lock that the command holds."""


def lock_of(settings: Settings, name: str) -> Path:
    """Return the lock file of a command, by the value of ``PROCESS_TAG``, or of a run, by its id."""
    return settings.dagster_home / "commands" / Path(name).name
