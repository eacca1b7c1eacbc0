"""The bench runs and says what it measured, at a size where no figure means anything: times are never asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.mark.slow
def test_every_figure_is_taken_shown_and_kept(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "bench", "--rows", "2000", "--json", "--results", str(tmp_path / "results")]
    done = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, "TMPDIR": str(scratch)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    (kept,) = (tmp_path / "results").iterdir()
    assert json.loads(kept.read_text()) == shown
    assert [figure["name"].split()[0] for figure in shown["figures"]] == [
        *("ingest", "ingest", "ingest", "memory", "ingest"),
        *("landed", "landed", "250", "day", "day", "a", "sensor", "load", "2,000", "retention", "retention"),
    ]
    assert all(figure["ours"] > 0 for figure in shown["figures"])
    assert not list(scratch.iterdir())
