"""Reference files: what their rows must be, and how a wrong one is told."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from user_activity.ingest.reference_files import ReferenceRejected, references
from user_activity.settings import Settings

FUNNEL_HEADING = "funnel,step,event_type,window_seconds\n"


def settings(tmp_path: Path, **files: str) -> Settings:
    paths = {}
    for name, text in files.items():
        paths[f"{name}_file"] = tmp_path / f"{name}.csv"
        paths[f"{name}_file"].write_text(text)
    return Settings(_env_file=None, data_dir=tmp_path / "data", **paths)


def test_without_files_the_tables_are_empty(tmp_path: Path) -> None:
    assert [table.rows for table in references(settings(tmp_path))] == [[], [], []]


def test_a_funnel_may_have_several_event_types_a_step(tmp_path: Path) -> None:
    rows = "signup,1,signup,3600\nsignup,2,page_view,3600\nsignup,2,product_view,3600\nweek,1,login,\n"
    funnels, *_ = references(settings(tmp_path, funnels=FUNNEL_HEADING + rows))
    assert funnels.rows == [
        ("signup", 1, "signup", 3600),
        ("signup", 2, "page_view", 3600),
        ("signup", 2, "product_view", 3600),
        ("week", 1, "login", 7 * 24 * 3600),
    ]


def test_rates_are_exact(tmp_path: Path) -> None:
    *_, rates = references(
        settings(tmp_path, rates="currency,rate_date,rate\nEUR,2025-01-01,1.08\nJPY,2025-01-01,0.0066\n")
    )
    assert rates.rows == [
        ("EUR", date(2025, 1, 1), Decimal("1.08")),
        ("JPY", date(2025, 1, 1), Decimal("0.0066")),
    ]


def test_holidays_have_a_name_and_may_be_quoted(tmp_path: Path) -> None:
    text = 'date,name\n2025-12-25,Weihnachten\n2026-10-03,"Tag der Einheit, bundesweit"\n'
    _, holidays, _ = references(settings(tmp_path, holidays=text))
    assert holidays.rows == [(date(2025, 12, 25), "Weihnachten"), (date(2026, 10, 3), "Tag der Einheit, bundesweit")]


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    found = settings(tmp_path, holidays="")
    (tmp_path / "holidays.csv").write_bytes("date,name\n2026-01-06,Heilige Drei Könige\n".encode("latin-1"))
    with pytest.raises(ReferenceRejected, match=r"holidays\.csv: it is not in UTF-8"):
        references(found)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("funnels", FUNNEL_HEADING, "it has no rows"),
        ("funnels", FUNNEL_HEADING + "a,1,login,5\na,two,login,5\n", "row 2: step: "),
        ("funnels", FUNNEL_HEADING + "a,1,logn,5\n", "row 1: event_type: 'logn' is not in the catalogue"),
        ("funnels", FUNNEL_HEADING + "a,1,login,5\na,3,logout,5\n", "row 2: step: the funnel 'a' has no step 2"),
        ("funnels", FUNNEL_HEADING + "a,1,login,5\na,2,logout,6\n", "row 2: window_seconds: 6 is not that of row 1"),
        (
            "funnels",
            FUNNEL_HEADING + "a,1,login,5\na,1,login,5\n",
            "row 2: row 1 has the same funnel, step, event_type",
        ),
        ("funnels", "name,step,event_type\na,1,login\n", "row 1: funnel: Field required"),
        ("holidays", "date,name\n2025-12-25,Christmas\n25.12.2026,Christmas\n", "row 2: date: "),
        ("holidays", "date,name\n2025-12-25,\n", "row 1: name: Field required"),
        ("holidays", "date,name\n2025-12-25,A\n2025-12-25,B\n", "row 2: row 1 has the same date"),
        ("rates", "currency,rate_date,rate\neur,2025-01-01,1\n", "row 1: currency: "),
        ("rates", "currency,rate_date,rate\nEUR,2025-01-01,-1\n", "row 1: rate: "),
        ("rates", "currency,rate_date,rate\nEUR,01/02/2025,1\n", "row 1: rate_date: "),
        ("rates", "currency,rate_date,rate\nEUR,2025-01-01,1,08\n", "row 1: (more columns than the heading)"),
    ],
)
def test_a_wrong_row_is_told_with_file_row_rule_and_remedy(tmp_path: Path, file: str, text: str, words: str) -> None:
    with pytest.raises(ReferenceRejected) as told:
        references(settings(tmp_path, **{file: text}))
    assert words in str(told.value)
    assert str(tmp_path / f"{file}.csv") in str(told.value)
