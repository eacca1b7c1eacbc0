"""The built wheel, installed in an environment of its own: it must work in an empty folder, without the checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


@pytest.mark.long
def test_the_wheel_runs_the_demo_in_an_empty_folder(tmp_path: Path) -> None:
    wheels, environment, empty = tmp_path / "wheels", tmp_path / "environment", tmp_path / "empty"
    empty.mkdir()
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("USER_ACTIVITY_", "DAGSTER_", "PYTHON", "DBT_"))
    }

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, cwd=empty, env=clean, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", next(wheels.glob("*.whl")))
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # The libraries of this environment, without its .pth files: one of them leads to the checkout.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    before = files(packages)

    where = run(python, "-c", "import user_activity; print(user_activity.__file__)")
    assert Path(where.strip()).is_relative_to(packages)
    command = environment / "bin" / "user-activity"
    run(command, "demo", "--days", "10", "--events", "2000")
    assert '"n": 0' not in run(command, "query", "--json", "select count(*) as n from marts.fct_events")
    code = "import user_activity; print(len(user_activity.read('metrics.funnel')))"
    assert int(run(python, "-c", code)) > 0
    assert files(packages) == before
    assert [path.name for path in empty.iterdir()] == ["data"]
