"""The command line: one typer application, one module per group of commands.

Belongs here: arguments, progress, summaries, exit codes. Does not belong here: business logic. Slow imports
(Dagster, dbt) are made inside the commands that need them.
"""

import sys

import typer

from user_activity.cli import (
    alerts,
    data,
    demo,
    dev,
    extract,
    inspect,
    migrate,
    quarantine,
    query,
    runs,
    status,
    verify,
    why,
    withdraw,
)
from user_activity.cli.output import Exit, explain, prose

app = typer.Typer(
    name="user-activity",
    help="Ingest event, order, product, user and review files; build sessions, engagement and revenue metrics.",
    epilog="Exit codes: 0 success, 1 failure, 2 invalid usage or settings, 3 success with quarantined records, "
    "130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for module in (demo, inspect, data, extract, runs, withdraw, status, why, verify, query, alerts, migrate, dev):
    module.add_commands(app)
app.add_typer(quarantine.app, name="quarantine")


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code. An error is one sentence; the traceback goes to a log file."""
    try:
        app(arguments)
    except KeyboardInterrupt:
        prose.print("Interrupted: completed work is kept, and the next run continues from there.")
        sys.exit(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - users get one sentence, never a traceback
        sys.exit(explain(error))


__all__ = ["app", "main"]
