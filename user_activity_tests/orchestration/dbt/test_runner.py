"""Where the parsed models are: beside the project, or among the data where the project is read-only."""

import os
import shutil
from pathlib import Path

import pytest

from user_activity.orchestration.dbt import runner
from user_activity.settings import Settings


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the models that nothing has been parsed of."""
    copy = tmp_path / "sql"
    shutil.copytree(runner.PROJECT_DIR, copy, ignore=shutil.ignore_patterns(*runner.WRITTEN_BY_DBT))
    monkeypatch.setattr(runner, "PROJECT_DIR", copy)
    return copy


def read_only(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: even for root, whom modes do not keep out."""
    access = os.access

    def answer(path: Path, mode: int) -> bool:
        return access(path, mode) and not (mode & os.W_OK and Path(path).is_relative_to(project))

    monkeypatch.setattr(os, "access", answer)


def test_a_read_only_project_is_parsed_once_and_for_each_database(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on(database: str) -> Settings:
        url = f"postgresql://nobody@127.0.0.1:1/{database}"
        return Settings(_env_file=None, data_dir=tmp_path / "data", warehouse="postgres", warehouse_url=url)

    in_the_image = runner.ensure_manifest(on("warehouse"))
    assert in_the_image.is_relative_to(project)
    parsed_at = in_the_image.stat().st_mtime_ns

    read_only(project, monkeypatch)
    assert runner.ensure_manifest(on("warehouse")) == in_the_image
    assert in_the_image.stat().st_mtime_ns == parsed_at
    elsewhere = runner.ensure_manifest(on("other"))
    assert elsewhere.is_relative_to(tmp_path / "data")
    assert '"database":"other"' in elsewhere.read_text().replace(": ", ":")
    assert runner.ensure_manifest(on("other")) == elsewhere
