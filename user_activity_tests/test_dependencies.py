"""What the package imports is what it declares, and the wheel holds every file that the package reads."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Needed, and imported by others: `dagster dev` starts the first, Python's zoneinfo reads the second.
USED_BY_OTHERS = {"dagster-webserver", "tzdata"}


def imported() -> set[str]:
    """Top-level names of all imports that are neither ours nor Python's, those inside functions included."""
    found: set[str] = set()
    for path in (ROOT / "user_activity").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update(name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - {"user_activity"} - sys.stdlib_module_names


def declared() -> set[str]:
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in lines}


def providers() -> dict[str, set[str]]:
    return {
        module: {name.lower().replace("_", "-") for name in names} for module, names in packages_distributions().items()
    }


def test_every_import_is_a_declared_dependency() -> None:
    by_module = providers()
    assert {name for name in imported() if not by_module.get(name, set()) & declared()} == set()


def test_every_declared_dependency_is_imported() -> None:
    by_module = providers()
    used = set().union(*(by_module.get(name, set()) for name in imported()))
    assert declared() - used - USED_BY_OTHERS == set()


@pytest.mark.long
def test_the_wheel_holds_the_files_that_the_package_reads(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
    written_by_dbt = {"target", "logs", "dbt_packages"}
    sql = [
        path.relative_to(ROOT)
        for top in (ROOT / "sql").iterdir()
        if top.name not in written_by_dbt
        for path in (top, *top.rglob("*"))
        if path.is_file() and path.suffix != ".py"  # tools for developers
    ]
    expected = {f"user_activity/project_files/{path}" for path in (*sql, "dagster.yaml", "workspace.yaml")}
    assert {name for name in held if "/project_files/" in name} == expected
    assert "user_activity/py.typed" in held
