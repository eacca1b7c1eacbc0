"""How macros are written is checked, line by line."""

import subprocess
import sys
from pathlib import Path

import pytest

from user_activity.orchestration.dbt.runner import PROJECT_DIR

GOOD = "{#- A condition. -#}\n{% macro is_view(column) -%}\n    {{ column }} in ('View', 'VIEW')\n{%- endmacro %}\n"


def lint(folder: Path, text: str) -> tuple[int, str]:
    (folder / "a.sql").write_text(text)
    program = [sys.executable, str(PROJECT_DIR / "lint_macros.py"), str(folder)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.replace(f"{folder}/", "")


def test_a_good_macro_is_in_order(tmp_path: Path) -> None:
    assert lint(tmp_path, GOOD) == (0, "All 1 files of macros are in order.\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace(" in ", " IN "), "a.sql:3: IN: write SQL in lower case\n"),
        (GOOD.replace("    {{", "\t{{"), "a.sql:3: has a tab: indent with spaces\n"),
        (GOOD.replace("')", "') "), "a.sql:3: ends with a blank\n"),
        (GOOD.replace("'VIEW'", f"'{'v' * 120}'"), "a.sql:3: has 152 characters: break it after at most 130\n"),
        (GOOD.rstrip(), "a.sql:4: the file must end with one newline\n"),
    ],
)
def test_a_line_that_breaks_a_rule_is_named(text: str, says: str, tmp_path: Path) -> None:
    assert lint(tmp_path, text) == (1, says)
