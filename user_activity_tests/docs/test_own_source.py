"""The recipe for a source of one's own, taken literally: the page's files in a copy of the project."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "own-source.md").read_text()
FILES = dict(re.findall(r"^`(\S+)`\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
MODEL = "sql/models/staging/stg_visits.sql"
USER_KEY = re.compile(r'^ +\{\{ surrogate_key\(\["user_id"\]\) \}\} as user_key,\n', re.MULTILINE)

LOOK = """
import json
from user_activity.definitions import defs
from user_activity.settings import get_settings
from user_activity.warehouse import open_warehouse

found = defs()
repository = found.get_repository_def()
graph = repository.asset_graph
names = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
warehouse = open_warehouse(get_settings())
print(json.dumps({
    "sensors": [sensor.name for sensor in repository.sensor_defs],
    "partitioned": [name for name, node in names.items() if node.partitions_def],
    "checks": [key.to_user_string() for key in graph.asset_check_keys],
    "parents": [key.to_user_string() for key in names["staging/stg_visits"].parent_keys],
    "staged": warehouse.query(
        "select visit_id, store, minutes, cast(visit_date as varchar), user_key is not null "
        "from staging.stg_visits order by 1"
    ).rows,
}, default=str))
"""


@dataclass(frozen=True)
class Project:
    """A copy of the project, outside the checkout."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def python(self, code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("USER_ACTIVITY_", "DAGSTER_"))
        }
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.folder,
            env={**clean, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.python("from user_activity.cli import main; main()", *arguments)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The page's files are all that was added; its data file has landed."""
    folder = tmp_path_factory.mktemp("project")
    unwanted = shutil.ignore_patterns("__pycache__", "target", "logs")
    for name in ("user_activity", "sql"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, folder)
    project = Project(folder)
    for name, text in FILES.items():
        assert not (folder / name).exists()
        project.write(name, text)
    done = project.command("land", "visits.jsonl", "--source", "visits")
    assert done.returncode == 0, done.stderr
    assert list((folder / "data/incoming/visits").rglob("visits.jsonl"))
    return project


@pytest.fixture(scope="module")
def failed(project: Project) -> "subprocess.CompletedProcess[str]":
    """A run with a staging model that forgets whose visits these are."""
    forgetful, count = USER_KEY.subn("", FILES[MODEL])
    assert count == 1
    project.write(MODEL, forgetful)
    return project.command("run")


@pytest.fixture(scope="module")
def run(project: Project, failed: "subprocess.CompletedProcess[str]") -> "subprocess.CompletedProcess[str]":
    """A run with the page's own model."""
    project.write(MODEL, FILES[MODEL])
    return project.command("run", "--json")


@pytest.fixture(scope="module")
def found(project: Project, run: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    done = project.python(LOOK)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.long
def test_a_model_without_a_column_that_others_read_fails_by_name(failed: "subprocess.CompletedProcess[str]") -> None:
    assert failed.returncode == 1
    assert "stg_visits" in failed.stderr
    assert re.search(r"user_key .*missing in definition", failed.stderr)


@pytest.mark.long
def test_the_next_run_with_the_right_model_is_fine(run: "subprocess.CompletedProcess[str]") -> None:
    assert run.returncode == 0, run.stderr  # its records were read, and one rejected, by the run that failed
    assert "leaked" not in run.stderr  # DuckDB's driver says so at exit, of what dbt leaves when it has parsed anew
    assert json.loads(run.stdout)["dates_rebuilt"][0] == "2025-03-01"


@pytest.mark.long
def test_the_platform_has_all_that_a_source_has(found: dict[str, Any]) -> None:
    assert "visits_files" in found["sensors"]
    assert {"raw/visits", "staging/stg_visits"} <= set(found["partitioned"])
    assert {"raw/visits", "staging/stg_duplicates"} <= set(found["parents"])
    checked = [name for name in found["checks"] if "visits" in name]
    assert any("every_accepted_visit_is_staged_or_a_duplicate" in name for name in checked)
    assert any(name.startswith("raw/visits") for name in checked)


@pytest.mark.long
def test_its_rows_are_staged_through_the_field_map(found: dict[str, Any]) -> None:
    assert found["staged"] == [["v1", "Oslo", 25, "2025-03-01", True], ["v2", "Bergen", None, "2025-03-01", True]]


@pytest.mark.long
def test_its_bad_row_is_in_quarantine(project: Project, run: "subprocess.CompletedProcess[str]") -> None:
    (rule,) = json.loads(project.command("quarantine", "list", "--json").stdout)
    assert (rule["source"], rule["rule"]) == ("visits", "visit_at_not_a_time")
