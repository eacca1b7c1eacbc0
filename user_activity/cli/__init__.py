"""The command line: one typer application, a module a family of commands.

Belongs here: arguments, progress, summaries, exit codes. Does not belong here: any work. What takes long to import
(Dagster, dbt) is imported by the commands that need it, inside them.
"""

import sys

import typer

from user_activity.cli import alerts, data, demo, dev, migrate, quarantine, query, runs, status, withdraw
from user_activity.cli.output import Exit, explain, prose

app = typer.Typer(
    name="user-activity",
    help="Event, order, product and profile files in; sessions, engagement and revenue out.",
    epilog="Exit codes: 0 fine, 1 failed, 2 wrong usage or settings, 3 data was quarantined.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for module in (demo, data, runs, withdraw, status, query, alerts, migrate, dev):
    module.add_commands(app)
app.add_typer(quarantine.app, name="quarantine")


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code. An error is one sentence; what led to it goes to a log file."""
    try:
        app(arguments)
    except KeyboardInterrupt:
        prose.print("Interrupted: what was finished stays, the next run does the rest.")
        sys.exit(Exit.FAILED)
    except Exception as error:  # noqa: BLE001 - a command line never shows a traceback
        sys.exit(explain(error))


__all__ = ["app", "main"]
