"""``migrate``: create or upgrade folders, databases and models before Dagster's processes start."""

import typer

from user_activity.cli import output
from user_activity.cli.session import one_at_a_time
from user_activity.sources import SOURCES
from user_activity.warehouse import open_warehouse


def add_commands(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(migrate)


def migrate() -> None:
    """Create or upgrade folders, Dagster's tables, the warehouse and its roles, and the models; data is kept.

    Run it once after installing or upgrading, before the web interface and the daemon start.

    Example: user-activity migrate
    """
    settings = output.settings()
    output.hush(verbose=False)
    with one_at_a_time(settings):
        for name in SOURCES:
            (settings.incoming_dir / name).mkdir(parents=True, exist_ok=True)
        from user_activity.orchestration.dbt.runner import ensure_manifest
        from user_activity.orchestration.instance.home import open_instance

        with output.prose.status("Dagster's instance"), open_instance(settings) as instance:
            instance.upgrade()
        with output.prose.status("The warehouse and its models"):
            open_warehouse(settings).prepare()
            ensure_manifest(settings)
    output.prose.print(f"Ready: the data is in {settings.data_dir}, Dagster's home is {settings.dagster_home}.")
