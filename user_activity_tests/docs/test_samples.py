"""README's commands on the sample files: all are ingested, and every broken record is quarantined by its rule."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = {
    "events": {"event_at_not_a_time", "event_type_unknown", "user_id_missing"},
    "orders": {"items_bad_line"},
    "order_items": {"unit_price_not_a_number"},
    "products": {"price_out_of_range"},
    "users": {"updated_at_not_a_time"},
    "reviews": {"rating_out_of_range"},
}


def commands() -> list[list[str]]:
    """What README's block on the samples calls, without `.venv/bin/user-activity` and without comments."""
    (block,) = re.findall(r"```sh\n(export USER_ACTIVITY_DATA_DIR=.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert lines[0][0] == "export"
    assert {line[0] for line in lines[1:]} == {".venv/bin/user-activity"}
    return [line[1:] for line in lines[1:]]


@pytest.mark.long
def test_the_samples_give_what_the_readme_says(tmp_path: Path) -> None:
    def call(*arguments: str, code: int = 0) -> str:
        command = [sys.executable, "-c", "from user_activity.cli import main; main()", *arguments]
        environment = {**os.environ, "USER_ACTIVITY_DATA_DIR": str(tmp_path)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout

    *landing, run, show = commands()
    assert {Path(words[1]).name for words in landing} == {path.name for path in (ROOT / "data" / "samples").iterdir()}
    for words in landing:
        call(*words)
    call(*run, code=3)
    call(*show)
    counts = "select sum(rows_landed) as landed, sum(rows_accepted) as accepted from audit.landed_files"
    assert json.loads(call("query", "--json", counts)) == [{"landed": 28, "accepted": 20}]
    found: dict[str, set[str]] = {}
    for rule in json.loads(call("quarantine", "list", "--json")):
        found.setdefault(rule["source"], set()).add(rule["rule"])
    assert found == RULES
    duplicates = json.loads(
        call("query", "--json", "select source, count(*) as n from staging.stg_duplicates group by 1")
    )
    assert duplicates == [{"source": "events", "n": 1}]
