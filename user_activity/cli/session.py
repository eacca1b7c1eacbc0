"""The lock and the in-process runner that commands use to run jobs."""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from user_activity.cli.interrupts import stop
from user_activity.cli.output import Bars, hush, prose
from user_activity.files import locked, locked_if_free
from user_activity.settings import Settings

if TYPE_CHECKING:
    from user_activity.orchestration.command_runs import Runner


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Hold the run lock of the data folder; waits while another command holds it."""
    lock = settings.data_dir / ".run.lock"
    with ExitStack() as stack:
        if not stack.enter_context(locked_if_free(lock)):
            process = lock.read_text().strip()
            prose.print(f"Another command is running on this data (process {process}): waiting for it to finish.")
            stack.enter_context(locked(lock))
        lock.write_text(str(os.getpid()))
        yield


@contextmanager
def runner(settings: Settings, bars: Bars, *, verbose: bool) -> Iterator["Runner"]:
    """A runner that executes the platform's jobs in this process."""
    hush(verbose=verbose)
    with ExitStack() as stack:
        with prose.status("Loading Dagster and dbt"):
            # Imported modules stay in memory: garbage collection while they load would take half a second.
            gc.disable()
            from user_activity.orchestration.command_runs import open_runner
            from user_activity.orchestration.resources import Progress

            ready = stack.enter_context(open_runner(settings, Progress(bars.tell, stop), verbose=verbose))
            gc.freeze()
            # Reference counting frees most of a run's objects: collecting less often saves 0.2 s in the smallest run.
            gc.set_threshold(50_000, 20, 10)
            gc.enable()
        try:
            yield ready
        finally:
            gc.unfreeze()  # otherwise DuckDB's driver complains at exit of objects that were never freed
