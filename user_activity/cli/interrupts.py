"""Ctrl-C and SIGTERM in commands that run jobs: the first one stops after the current step, the second one at once.

The command runs in a separate thread, so that this module's signal handlers stay in place: libraries that run in the
main thread install their own. Stopping at once is as safe as a kill.
"""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import wraps
from typing import Any, ParamSpec

import typer

from user_activity.cli.output import Exit, prose
from user_activity.stopping import Stop, Stopped

SIGNALS = (signal.SIGINT, signal.SIGTERM)
KEPT = "Completed work is kept, and the next run continues from there."
HEARD_WITHIN_SECONDS = 0.2
SHOW_CURSOR = "\x1b[?25h"  # progress bars hide it

Arguments = ParamSpec("Arguments")

stop = Stop()


def stoppable(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Make a command stoppable between its steps; it then exits with the code of an interrupted program."""

    @wraps(command)
    def wrapped(*arguments: Arguments.args, **options: Arguments.kwargs) -> None:
        stop.asked.clear()
        before = {each: signal.signal(each, _handle_signal) for each in SIGNALS}
        try:
            with ThreadPoolExecutor(1) as pool:
                work = pool.submit(command, *arguments, **options)
                while wait([work], HEARD_WITHIN_SECONDS).not_done:
                    pass  # Python calls handlers here when this thread wakes; the signal may come to another thread
                work.result()
        except Stopped:
            prose.print(f"Stopped. {KEPT}")
            raise typer.Exit(Exit.INTERRUPTED) from None
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    return wrapped


def _handle_signal(*_: Any) -> None:
    if stop.asked.is_set() or not stop.at_work.is_set():
        # Past the file object: this may interrupt a write to it, which Python refuses to enter again.
        told = f"{SHOW_CURSOR if prose.is_terminal else ''}\nStopped at once. {KEPT}\n"
        os.write(prose.file.fileno(), told.encode())
        os._exit(Exit.INTERRUPTED)
    stop.asked.set()
    prose.print("Stopping after this step. Press Ctrl-C again to stop at once.")
