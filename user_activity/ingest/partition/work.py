"""The work folder of a source. Only the process that holds its lock may build the source."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from user_activity.files import ASIDE, locked
from user_activity.settings import Settings


@contextmanager
def only_one(settings: Settings, source: str) -> Iterator[Path]:
    """Lock the source for one process at a time; first delete the unfinished work of a killed process."""
    work_dir = settings.lake_dir / ".work" / source
    with locked(work_dir.parent / f"{source}.lock"):
        shutil.rmtree(work_dir, ignore_errors=True)
        work_dir.mkdir()
        for unfinished in (settings.lake_dir / "manifests" / source).glob(ASIDE):
            unfinished.unlink()
        try:
            yield work_dir
        finally:
            shutil.rmtree(work_dir, ignore_errors=True)
