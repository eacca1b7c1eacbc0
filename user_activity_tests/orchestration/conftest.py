"""An instance of its own for each test, and definitions for all."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from user_activity.orchestration.assembly import assemble
from user_activity.orchestration.instance.home import open_instance
from user_activity.settings import Settings

START = "2025-01-01"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, start_date=START)


@pytest.fixture
def instance(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    # Set through monkeypatch, so that what opening an instance sets is undone.
    for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    with open_instance(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    folder = tmp_path_factory.mktemp("definitions")
    return assemble(Settings(_env_file=None, data_dir=folder, start_date=START))
