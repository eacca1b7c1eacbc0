"""The bench runs and says what it measured, at a size where no figure means anything: times are never asserted."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder that other users can go into: the PostgreSQL of root runs as one, and pytest keeps its own closed."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.mark.long
def test_every_figure_is_taken_shown_and_kept(tmp_path: Path, scratch: Path) -> None:
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
        *(
            "landed",
            "landed",
            "250",
            "day",
            "day",
            "a",
            "sensor",
            "load",
            "2,000",
            "250",
            "two",
            "retention",
            "retention",
        ),
    ]
    assert all(figure["ours"] > 0 for figure in shown["figures"])
    assert not list(scratch.iterdir())
