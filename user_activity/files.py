"""Files that several processes share: written aside and put in place as a whole, brought to the disk, locked.

Locks are the system's own (`flock`): it lets go of them with the process, however that ends. The library `filelock`
asks for them again and again instead of waiting, and has none that is shared.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

ASIDE = ".*.tmp"
"""What files that are not finished are called; every reader of ours leaves such names out."""

_AT_ONCE = 8  # one write of the file system's journal serves all files that ask for it at a time


def create_without(umask: str) -> None:
    """Let this process, and those that it starts, create files and folders without these permissions (octal).

    Every process of the platform calls it at its start: Dagster, dbt, DuckDB and SQLite have no setting of their own.
    """
    os.umask(int(umask, 8))


def take_away(umask: str, path: Path) -> None:
    """Take these permissions (octal) from a file that others have made; no link is followed."""
    if not path.is_symlink():
        with suppress(PermissionError):  # of a file of somebody else's, which the folder around it protects
            path.chmod(path.stat().st_mode & 0o777 & ~int(umask, 8))


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """A new name in a folder, to write to and then to `os.replace` its target with; what is left there goes."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / ASIDE.replace("*", uuid4().hex)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def write_texts(texts: Mapping[Path, str]) -> None:
    """Replace files: each as a whole, and on the disk before it appears under its name."""
    with ExitStack() as stack:
        written = {path: stack.enter_context(aside(path.parent)) for path in texts}
        for path, temporary in written.items():
            temporary.write_text(texts[path], encoding="utf-8")
        bring_to_disk(written.values())
        for path, temporary in written.items():
            os.replace(temporary, path)


def bring_to_disk(paths: Iterable[Path]) -> None:
    """Return once the content of these files would outlive a power cut; many at once cost little more than one."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(_bring_to_disk, paths):
            pass


def _bring_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is made where it is missing; waits while another holder has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """The same without waiting: false where another holder has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except BlockingIOError:
            free = False
        yield free


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock of a file. Those who ask at the same time do not take each other for a holder."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
