"""``dev``: Dagster's web interface and daemon, on this machine only."""

import os
import sys
from typing import Annotated

import typer

from user_activity.cli import output

Port = Annotated[int, typer.Option(min=1, max=65535, help="The web interface's port on this machine.")]


def add_commands(app: typer.Typer) -> None:
    """Hang the command into the application."""
    app.command()(dev)


def dev(port: Port = 3000) -> None:
    """Start the Dagster UI, with sensors and schedules on; ctrl-c ends it.

    Example: user-activity dev --port 3001
    """
    settings = output.settings()
    from user_activity.orchestration.dbt import ensure_manifest
    from user_activity.orchestration.instance import WORKSPACE, open_instance

    open_instance(settings).dispose()
    ensure_manifest(settings)
    os.environ["USER_ACTIVITY_DATA_DIR"] = str(settings.data_dir)
    output.prose.print(f"The Dagster UI comes up at http://127.0.0.1:{port}; drop files into {settings.incoming_dir}.")
    arguments = ["dagster", "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", *arguments])
