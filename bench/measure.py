"""The cost of work, measured in a separate process: its memory is that of the work alone, and its caches are cold.

Belongs here: clocks and child processes. Does not belong here: any work.
"""

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

import psutil

P = ParamSpec("P")
T = TypeVar("T")

PROGRAM = Path(sys.executable).parent / "user-activity"


@dataclass(frozen=True)
class Cost:
    """Wall seconds, CPU seconds and peak megabytes."""

    wall: float
    cpu: float
    megabytes: float


def child(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> tuple[T, Cost]:
    """Call a function in a new process; return its result, and its cost without the process's start and imports."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(_costed, work, arguments, named).result()


def _costed(work: Callable[..., T], arguments: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[T, Cost]:
    before, started = time.process_time(), time.monotonic()
    result = work(*arguments, **named)
    wall, cpu = time.monotonic() - started, time.process_time() - before
    return result, Cost(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def command(
    arguments: Sequence[str | Path],
    data_dir: Path,
    accepted: tuple[int, ...] = (0,),
    more: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, Cost]:
    """Run a program on a data folder; return its standard output and its total cost.

    Raises ``RuntimeError`` if its exit code is not in ``accepted``.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("USER_ACTIVITY_")}
    environment |= {"USER_ACTIVITY_DATA_DIR": str(data_dir), "PYTHONWARNINGS": "ignore", **more}
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as said:
        started = time.monotonic()
        process = subprocess.Popen(list(map(str, arguments)), env=environment, stdout=printed, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        said.seek(0)
        if process.returncode not in accepted:
            raise RuntimeError(f"{arguments} ended with {process.returncode}:\n{said.read()}")
        return printed.read(), Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@contextmanager
def others() -> Iterator[Callable[[], float]]:
    """Yield a function that returns the share of CPU time that other programs have used since entering the context."""

    def busy() -> float:
        times = psutil.cpu_times()
        return times.user + times.system + times.nice + getattr(times, "steal", 0.0)

    def own() -> float:
        return sum(os.times()[:4])

    started, busy_before, own_before = time.monotonic(), busy(), own()
    yield (
        lambda: (
            max(busy() - busy_before - own() + own_before, 0.0) / ((time.monotonic() - started) * (os.cpu_count() or 1))
        )
    )
