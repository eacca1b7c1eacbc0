"""What the comparison with a reference takes for a difference, and that it says where it is."""

from decimal import Decimal

import pytest

from user_activity_tests.reference.comparison import compare, equal
from user_activity_tests.reference.facts import frame

ROW = {"day": "2025-01-01", "users": 3, "rate": 0.5}


@pytest.mark.parametrize(
    ("actual", "said"),
    [
        ([ROW], ""),
        ([ROW | {"rate": 0.5 + 1e-12}], ""),
        ([ROW | {"rate": 0.5001}], "day=2025-01-01: rate is 0.5001, not 0.5"),
        ([ROW | {"users": 4}], "day=2025-01-01: users is 4, not 3"),
        ([ROW | {"users": None}], "day=2025-01-01: users is None, not 3"),
        ([], "not in the table: day=2025-01-01"),
        ([ROW, ROW], "twice: day=2025-01-01"),
        ([ROW, ROW | {"day": "2025-01-02"}], "only in the table: day=2025-01-02"),
        ([{"day": "2025-01-01", "users": 3}], "t has no rate"),
    ],
    ids=[
        "the same",
        "a last digit",
        "another rate",
        "another count",
        "unknown for a count",
        "a missing row",
        "a row too many",
        "an unexpected row",
        "a missing column",
    ],
)
def test_a_difference_is(actual: list[dict[str, object]], said: str) -> None:
    found = compare("t", ("day",), frame([ROW], ROW), frame(actual, actual[0] if actual else ROW))
    assert said in found
    assert bool(said) == bool(found)


def test_unknown_is_not_zero_and_money_is_exact() -> None:
    assert not equal(None, 0)
    assert not equal(0, None)
    assert equal(None, None)
    assert equal(Decimal("1.00"), Decimal("1.0000"))
    assert not equal(Decimal("1.0000000000"), Decimal("1.0000000001"))
