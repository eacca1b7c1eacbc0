"""The command line: one typer application, a module a family of commands.

Belongs here: arguments, progress, summaries, exit codes. Does not belong here: any work. What takes long to import
(Dagster, dbt) is imported by the commands that need it, inside them.
"""

import sys

import click
import typer

from user_activity.cli import data, demo, dev, quarantine, query, runs, status
from user_activity.cli.output import Problem, explain

app = typer.Typer(
    name="user-activity",
    help="Event, order, product and profile files in; sessions, retention and revenue out.",
    epilog="Exit codes: 0 fine, 1 failed, 2 wrong usage or settings, 3 data was quarantined.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for module in (demo, data, runs, status, query, dev):
    module.add_commands(app)
app.add_typer(quarantine.app, name="quarantine")


def main(arguments: list[str] | None = None) -> None:
    """Run a command and leave with its exit code. An error is one sentence; what led to it goes to a log file."""
    try:
        code = app(arguments, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit("Interrupted: what was finished stays, the next run does the rest.")
    except Exception as error:  # noqa: BLE001 - a command line never shows a traceback
        sys.exit(explain(error))
    sys.exit(code if isinstance(code, int) else 0)


__all__ = ["Problem", "app", "main"]
