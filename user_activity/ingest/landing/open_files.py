"""Which files a process of this machine has open for writing. Only Linux says so; elsewhere, none."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")


def writers(paths: Iterable[Path]) -> dict[Path, int]:
    """The files that a process other than this one has open for writing, each with the id of such a process.

    Processes of other users are seen by root only.
    """
    folders: dict[str, str] = {}
    wanted: dict[str, Path] = {}
    for path in paths:
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        wanted[f"{folders[folder]}/{name}"] = path
    found: dict[Path, int] = {}
    if wanted and _PROCESSES.is_dir():
        for process in _PROCESSES.iterdir():
            if process.name.isdigit() and int(process.name) != os.getpid():
                with suppress(OSError):  # it has ended meanwhile, or belongs to another user
                    found |= {wanted[target]: int(process.name) for target in _written_by(process) if target in wanted}
    return found


def _written_by(process: Path) -> Iterator[str]:
    for descriptor in (process / "fd").iterdir():
        with suppress(OSError):
            target = str(descriptor.readlink())
            if target.startswith("/") and _is_for_writing(process / "fdinfo" / descriptor.name):
                yield target


def _is_for_writing(facts: Path) -> bool:
    flags = next(line for line in facts.read_text().splitlines() if line.startswith("flags:"))
    return int(flags.split()[1], 8) & os.O_ACCMODE in (os.O_WRONLY, os.O_RDWR)
