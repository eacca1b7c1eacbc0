"""``dev``: Dagster's web interface and daemon, on this machine only."""

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Annotated

import typer

from user_activity.cli import output
from user_activity.cli.output import Problem
from user_activity.files import locked_if_free
from user_activity.settings import Settings

HOST = "127.0.0.1"
NOISE = "ignore:Function `dev_command`"  # Dagster recommends `dg dev`, which does the same

Port = Annotated[int, typer.Option(min=1, max=65535, help="The web interface's port on this machine.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Show every sensor tick.")]


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(dev)


def dev(port: Port = 3000, verbose: VerboseOption = False) -> None:
    """Start the Dagster UI and daemon with sensors and schedules running; Ctrl-C stops them.

    Example: user-activity dev --port 3001
    """
    settings = output.settings()
    if _is_listening(port):
        raise Problem(
            f"Port {port} is in use: stop the process that listens there, or choose another: "
            "user-activity dev --port 3001"
        )
    with locked_if_free(settings.dagster_home / ".dev.lock") as free:
        if not free:
            raise Problem(f"Dagster already runs on {settings.data_dir}: use its UI, or stop it first.")
        _serve(settings, port, verbose=verbose)


def _serve(settings: Settings, port: int, *, verbose: bool) -> None:
    """Run Dagster's processes until Ctrl-C."""
    from user_activity.orchestration.dbt.runner import ensure_manifest
    from user_activity.orchestration.instance.home import WORKSPACE, open_instance

    open_instance(settings).dispose()
    ensure_manifest(settings)
    settings.incoming_dir.mkdir(exist_ok=True)
    command = [sys.executable, "-W", NOISE, "-m", "dagster", "dev", "-w", str(WORKSPACE), "-h", HOST, "-p", str(port)]
    command += ["--log-level", "info" if verbose else "error"]
    ended: list[int] = []
    # Installed before Dagster starts: a background job ignores Ctrl-C, and Dagster would inherit that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *caught: ended.append(caught[0]))
    environment = {**os.environ, "USER_ACTIVITY_DATA_DIR": str(settings.data_dir)}
    # A new session: the terminal's Ctrl-C reaches only this process, which forwards it once.
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:  # noqa: S603 - our own interpreter
        announced = False
        while process.poll() is None and not ended:
            if not announced and _is_listening(port):
                announced = True
                output.prose.print(f"The Dagster UI is at http://{HOST}:{port}, sensors and schedules are running.")
                output.prose.print(f"Drop files into {settings.incoming_dir}/<source>/; Ctrl-C stops Dagster.")
            time.sleep(0.2)
        if ended:
            process.send_signal(signal.SIGINT)
    if not ended:
        raise Problem("Dagster stopped unexpectedly: see its output above.", output.Exit.FAILED)


def _is_listening(port: int) -> bool:
    """Whether a process listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
