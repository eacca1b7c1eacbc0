"""What each contract takes, what it refuses, and the words it refuses with."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from user_activity.settings import Settings
from user_activity.sources import SOURCES, ValidationContext
from user_activity.sources.contracts.base import broken_rules

LANDED = date(2026, 1, 5)
JUDGE = ValidationContext(Settings(_env_file=None, start_date=date(2026, 1, 1)), LANDED)  # type: ignore[call-arg]
GOOD: dict[str, dict[str, str]] = {
    "events": {"user_id": "u1", "event_type": "click", "event_at": "2026-01-05T10:00:00Z"},
    "orders": {
        "order_id": "o1",
        "user_id": "u1",
        "order_at": "2026-01-05",
        "items": '[{"sku":"p","qty":2,"price":1.5}]',
    },
    "products": {"product_id": "p1", "name": "Mug", "category": "home", "price": "6"},
    "users": {"user_id": "u1", "updated_at": "2026-01-05"},
    "reviews": {"user_id": "u1", "product_id": "p1", "rating": "5", "review_at": "2026-01-05"},
}


def accepted(source: str, **changed: str) -> dict[str, Any]:
    return dict(SOURCES[source].contract.model_validate(GOOD[source] | changed, context=JUDGE))


def refused(source: str, **changed: str) -> list[str]:
    with pytest.raises(ValidationError) as error:
        accepted(source, **changed)
    return [sentence for _, sentence in broken_rules(error.value)]


def test_the_registry_holds_every_source() -> None:
    assert list(SOURCES) == ["events", "order_items", "orders", "products", "reviews", "users"]
    for name, source in SOURCES.items():
        assert source.name == name
        assert set(source.key) <= set(source.columns)
        assert source.date_column in source.columns
        assert set(source.extra_date_columns) <= set(source.columns)
        assert all(field.description for field in source.contract.model_fields.values())


@pytest.mark.parametrize("source", GOOD)
def test_a_name_leads_to_one_column(source: str) -> None:
    names = [name for column, others in SOURCES[source].spellings.items() for name in (column, *others)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("source", GOOD)
def test_required_columns_are_all_that_is_needed(source: str) -> None:
    accepted(source)
    for column in SOURCES[source].required:
        assert f"{column} is missing" in refused(source, **{column: " \t"})


def test_defaults_come_from_the_record_the_settings_and_the_landing_date() -> None:
    order = accepted("orders")
    assert (order["status"], order["currency"], order["updated_at"]) == ("completed", "USD", datetime(2026, 1, 5))
    assert accepted("products")["updated_at"] == datetime(2026, 1, 5)
    assert accepted("reviews")["updated_at"] == datetime(2026, 1, 5)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05", datetime(2026, 1, 5)),
        ("2026-01-05T10:30", datetime(2026, 1, 5, 10, 30)),
        ("2026-01-05 10:30:00.123456789", datetime(2026, 1, 5, 10, 30, 0, 123456)),
        ("2026-01-05T10:30:00,5Z", datetime(2026, 1, 5, 10, 30, 0, 500000)),
        ("2026-01-05T10:30:00+07:00", datetime(2026, 1, 5, 3, 30)),
        ("2026-01-05T10:30:00-0330", datetime(2026, 1, 5, 14, 0)),
        ("1767607200", datetime(2026, 1, 5, 10)),
        ("1767607200.25", datetime(2026, 1, 5, 10, 0, 0, 250000)),
        ("1767607200123", datetime(2026, 1, 5, 10, 0, 0, 123000)),
        ("1767607200123.5", datetime(2026, 1, 5, 10, 0, 0, 123500)),
        ("1767607200123456", datetime(2026, 1, 5, 10, 0, 0, 123456)),
        ("1767607200123456789", datetime(2026, 1, 5, 10, 0, 0, 123456)),
        ("20260105", datetime(2026, 1, 5)),
        ("2026-01-05 10:30:00 UTC", datetime(2026, 1, 5, 10, 30)),
        ("2026-01-05 10:30:00.5 GMT", datetime(2026, 1, 5, 10, 30, 0, 500000)),
    ],
)
def test_times_are_read_as_utc(text: str, moment: datetime) -> None:
    assert accepted("events", event_at=text)["event_at"] == moment


@pytest.mark.parametrize(
    "text",
    ["epoch", "infinity", "now", "2026-1-5", "05/01/2026", "2026-02-30", "2026-01-05T25:00", "17676072", "17676072000"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert refused("events", event_at=text) == [
        f"event_at is '{text}': must be a time, like 2026-01-31T09:30:00Z, a date, or a time in seconds since 1970"
    ]


def test_time_is_judged_by_the_landing_date() -> None:
    accepted("events", event_at="2026-01-06T23:59:59.999999")
    assert refused("events", event_at="2026-01-07") == [
        "event_at is '2026-01-07': must be before 2026-01-07, a day after landing on 2026-01-05"
    ]
    assert refused("events", event_at="2025-12-31T23:59:59") == [
        "event_at is '2025-12-31T23:59:59': must not be before 2026-01-01, the first day kept"
    ]
    assert accepted("users", updated_at="2019-01-01")["updated_at"] == datetime(2019, 1, 1)
    assert accepted("users", signed_up_at="2035-01-01")["signed_up_at"] == datetime(2035, 1, 1)


def test_every_broken_rule_is_named() -> None:
    assert refused("events", user_id="", event_type="purchse", revenue="-1", quantity="1.5", currency="EURO") == [
        "user_id is missing",
        "event_type is 'purchse': must be one of page_view, product_view, search, click, login, logout, signup, "
        "add_to_cart, remove_from_cart, checkout, purchase, refund, video_play, share, request "
        "(did you mean 'purchase'?)",
        "quantity is 1.5: must be a whole number",
        "revenue is -1: must be 0 or more",
        "currency is 'EURO': must be an ISO 4217 currency code, like EUR",
    ]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("9", "9.0000"),
        ("9.99995", "10.0000"),
        ("1e2", "100.0000"),
        (".5", "0.5000"),
        ("0.00005", "0.0001"),
        ("-0.00001", "0.0000"),
    ],
)
def test_amounts_have_four_decimals(text: str, amount: str) -> None:
    value = accepted("events", revenue=text)["revenue"]
    assert (value, str(value)) == (Decimal(amount), amount)


def test_names_are_taken_in_any_case_and_spelling() -> None:
    assert accepted("events", event_type="Add To-Cart")["event_type"] == "add_to_cart"
    order = accepted("orders", status="Canceled", payment_method="Credit Card", currency="eur")
    assert (order["status"], order["payment_method"], order["currency"]) == ("cancelled", "credit_card", "EUR")


def test_an_order_may_cost_nothing() -> None:
    assert accepted("orders", revenue="0", discount="19.98")["revenue"] == 0
    assert len(refused("orders", discount="-1")) == 1


def test_an_order_of_a_negative_total_gives_something_back() -> None:
    back = '[{"sku":"p","qty":-2,"price":1}]'
    assert accepted("orders", revenue="-2", items=back)["revenue"] == -2
    assert refused("orders", revenue="-2")[0].endswith("revenue is negative, and no line gives anything back")


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ("[]", "must be a JSON list of at least one order line"),
        ("{}", "must be a JSON list of at least one order line"),
        ("[1]", "must be a JSON list of at least one order line"),
        ("two mugs", "must be a JSON list of at least one order line"),
        ('[{"sku":"p","qty":1e9,"price":1}]', "line 1: quantity is 1000000000.0: must be less than 1000000000"),
        (
            '[{"sku":"p","qty":1,"price":1},{"qty":"two","price":1}]',
            "line 2: product_id is missing; quantity is two: must be a number, like 12.50",
        ),
    ],
)
def test_order_lines_are_judged_one_by_one(items: str, sentence: str) -> None:
    (reason,) = refused("orders", items=items)
    assert reason == f"items is {items!r}: {sentence}"


def test_order_lines_keep_what_else_they_hold() -> None:
    items = '[{"price": 9.90, "qty": "2", "sku": "p1", "name": "Mug", "gift": true, "note": null}]'
    assert accepted("orders", items=items)["items"] == (
        '[{"product_id":"p1","quantity":2,"unit_price":"9.9000","gift":"true","name":"Mug"}]'
    )


def test_ratings_are_one_to_five() -> None:
    assert accepted("reviews", rating="4.0")["rating"] == 4
    assert refused("reviews", rating="9") == ["rating is 9: must be between 1 and 5"]


def test_long_values_are_cut_in_sentences() -> None:
    (reason,) = refused("events", event_at="x" * 5000)
    assert len(reason) < 250


def test_weekly_partitions_are_mondays() -> None:
    products = SOURCES["products"]
    assert products.partition_of(date(2026, 1, 11)) == date(2026, 1, 5)
    assert len(products.landing_dates(date(2026, 1, 5))) == 7
    assert SOURCES["events"].landing_dates(LANDED) == [LANDED]
