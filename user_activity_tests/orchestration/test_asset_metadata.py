"""What comes from outside is text on an asset's page and in a mail, and never markup."""

from typing import Any

import pytest

from user_activity.orchestration import asset_metadata, escaping
from user_activity.orchestration.alerts.incidents import Incident, Pending, key
from user_activity.orchestration.alerts.messages import compose
from user_activity.settings import Settings

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![](https://evil.example/pixel)",
    "a | b \\| c \\",
    "line\n| one | more | row |",
]


def test_a_cell_of_a_page_holds_no_markup() -> None:
    head, line, *rows = asset_metadata.table(["value", "n"], [(text, 1) for text in HOSTILE]).splitlines()
    assert (head, line, len(rows)) == ("| value | n |", "| --- | --- |", len(HOSTILE))
    for row, text in zip(rows, HOSTILE, strict=True):
        for mark in "<[":
            assert row.count(mark) == row.count(f"\\{mark}") == text.count(mark)
        assert escaping.plain(row) == f"| {text.replace(chr(10), ' ')} | 1 |"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_mail_shows_it_as_it_is(text: str) -> None:
    fields: dict[str, Any] = {"key": key("failed_check", "a"), "kind": "failed_check", "at": 1_736_046_600.0}
    problem = Incident(**fields, title=text, cause=text, examples=asset_metadata.table(["value", "n"], [(text, 1)]))
    told = compose(Settings(_env_file=None), [Pending(problem, 1, problem.at)], problem.at)
    shown = text.replace("\n", " ")
    assert f"| {shown} | 1 |" in told.text
    assert "<script" not in told.html
    assert "<img" not in told.html
