"""Files shared by several processes: atomic replacement, flushing to disk, locks.

Locks are those of the operating system (`flock`), which are released when the process ends, in whatever way. The
library `filelock` polls instead of waiting, and has no shared locks.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

ASIDE = ".*.tmp"
"""The name pattern of unfinished files; every reader of this package skips them."""

_AT_ONCE = 8  # the file system writes its journal once for all files that are flushed at the same time


def create_without(umask: str) -> None:
    """Let this process and its child processes create files and folders without these permissions (octal umask).

    Every process of the platform calls this at startup: Dagster, dbt, DuckDB and SQLite have no such setting.
    """
    os.umask(int(umask, 8))


def take_away(umask: str, path: Path) -> None:
    """Remove these permissions (octal) from an existing file; symbolic links are skipped."""
    if not path.is_symlink():
        with suppress(PermissionError):  # a file of another user, which is protected by its folder
            path.chmod(path.stat().st_mode & 0o777 & ~int(umask, 8))


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """A new temporary path in a folder, to write to and then `os.replace` the target with. It is deleted on exit."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / ASIDE.replace("*", uuid4().hex)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def write_texts(texts: Mapping[Path, str]) -> None:
    """Replace each file atomically; its content is flushed to disk before the file gets its name."""
    with ExitStack() as stack:
        written = {path: stack.enter_context(aside(path.parent)) for path in texts}
        for path, temporary in written.items():
            temporary.write_text(texts[path], encoding="utf-8")
        bring_to_disk(written.values())
        for path, temporary in written.items():
            os.replace(temporary, path)


def bring_to_disk(paths: Iterable[Path]) -> None:
    """Flush these files to disk, so that they survive a power failure; many at once cost little more than one."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(_bring_to_disk, paths):
            pass


def _bring_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is created if it is missing; waits while another holder has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """The same without waiting: yields False if another holder has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except BlockingIOError:
            free = False
        yield free


def is_locked(path: Path) -> bool:
    """Whether another holder has the lock of a file.

    Concurrent callers use a shared lock, so they do not see each other.
    """
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
