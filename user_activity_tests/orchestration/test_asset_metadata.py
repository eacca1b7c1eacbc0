"""What comes from outside is text on an asset's page and in a mail, never markup; rows stay rows."""

from datetime import date
from typing import Any

import dagster as dg
import pytest

from user_activity.orchestration.alerts.incidents import Incident, Pending, key
from user_activity.orchestration.alerts.messages import compose
from user_activity.orchestration.metadata_tables import EXAMPLES, examples, table
from user_activity.settings import Settings

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![](https://evil.example/pixel)",
    "a | b \\| c \\",
    "line\n| one | more | row |",
]


def test_rows_stay_rows_through_an_event() -> None:
    rows = [{"value": text, "n": number} for number, text in enumerate(HOSTILE)]
    kept = dg.deserialize_value(dg.serialize_value(table(rows)), dg.TableMetadataValue)
    assert examples({EXAMPLES: kept}) == rows


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (2**53 - 1, 2**53 - 1),
        (2**60 + 1, "1152921504606846977"),
        (float("nan"), "nan"),
        (date(2025, 1, 3), "2025-01-03"),
        (["a", 1], "['a', 1]"),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_a_cell_is_what_a_browser_shows_exactly(value: Any, kept: Any) -> None:
    (row,) = table([{"value": value}]).records
    assert row.data == {"value": kept}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_mail_shows_it_as_it_is(text: str) -> None:
    fields: dict[str, Any] = {"key": key("failed_check", "a"), "kind": "failed_check", "at": 1_736_046_600.0}
    problem = Incident(**fields, title=text, cause=text, examples=({"value": text, "n": 1},))
    told = compose(Settings(_env_file=None), [Pending(problem, 1, problem.at)], problem.at)
    shown = text.replace("\n", " ")
    assert f"  {shown} | 1\n" in told.text + "\n"
    assert "<script" not in told.html
    assert "<img" not in told.html
