"""An instance whose first creation was cut off by a kill."""

import sqlite3
from pathlib import Path

from user_activity.orchestration.instance.home import open_instance
from user_activity.settings import Settings


def test_a_half_made_event_log_is_made_whole(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    open_instance(settings).dispose()
    with sqlite3.connect(settings.dagster_home / "event_log.db") as connection:
        connection.execute("drop table asset_check_executions")
        connection.execute("drop table alembic_version")
    instance = open_instance(settings)
    assert instance.event_log_storage.supports_asset_checks
    instance.dispose()
