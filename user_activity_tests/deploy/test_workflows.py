"""The repository's own files for GitHub: valid by their schemas, and calling targets that the Makefile has."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
FORMS = [ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml" for name in ("bug", "feature")]
SCHEMAS = [
    *((path, "vendor.github-workflows") for path in WORKFLOWS),
    *((path, "vendor.github-issue-forms") for path in FORMS),
    (ROOT / ".github" / "dependabot.yml", "vendor.dependabot"),
]


@pytest.mark.parametrize(("path", "schema"), SCHEMAS, ids=lambda value: getattr(value, "name", value))
def test_a_file_for_github_is_valid(path: Path, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_workflows_and_contributors_are_told_of_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    texts = [path.read_text() for path in (*WORKFLOWS, ROOT / "CONTRIBUTING.md", ROOT / ".ci" / "run")]
    called = {
        word
        for text in texts
        for words in re.findall(r"(?:run: |`|^)make ([a-z -]+?)(?:`| 2>&1|$)", text, re.MULTILINE)
        for word in words.split()
    }
    assert {"lint", "types", "test", "test-all", "test-nightly"} <= called
    assert called <= targets
