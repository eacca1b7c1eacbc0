"""dbt's unit tests of the rules, as `make test-sql` runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from user_activity.orchestration.dbt.runner import PROJECT_DIR


@pytest.mark.long
def test_rules_hold(tmp_path: Path) -> None:
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "test", "--select", "test_type:unit"),
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
            *("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")),
        ],
        env={
            **os.environ,
            "USER_ACTIVITY_WAREHOUSE": "duckdb",
            "USER_ACTIVITY_DUCKDB_PATH": str(tmp_path / "scratch.duckdb"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Nothing to do" not in answer.stdout
