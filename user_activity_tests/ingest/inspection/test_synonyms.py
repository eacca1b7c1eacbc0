"""Columns under another name: the proposed map gives the same rows as records under our own names."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.ingest.inspection.fields import fields_of
from user_activity.ingest.inspection.needs import unlimited
from user_activity.ingest.inspection.proposer import Proposer
from user_activity.ingest.inspection.synonyms import NAMES, VALUES, WEAK, names_of
from user_activity.ingest.readers.batches import Shape
from user_activity.setting_types import EVENT_TYPES, MISSING_VALUES, ORDER_STATUSES, PAYMENT_METHODS, folded
from user_activity.settings import Settings
from user_activity.source_maps import SourceMap
from user_activity.sources import SOURCES, ValidationContext
from user_activity_tests.examples import examples
from user_activity_tests.ingest.conftest import DAY, Drop
from user_activity_tests.ingest.inspection.test_inspect import inspected

ITEMS = [{"product_id": "p1", "quantity": 2, "unit_price": "5.00"}]
RECORDS: dict[str, dict[str, Any]] = {
    "events": {
        "event_id": "e", "user_id": "u", "event_type": "click", "event_at": "2026-01-05T10:00:00Z", "session_id": "s",
        "product_id": "p", "order_id": "o", "quantity": "3", "revenue": "12.50", "currency": "EUR",
        "page_url": "https://shop.example/", "referrer": "https://search.example/", "device": "phone",
        "browser": "Firefox", "os": "Linux", "user_agent": "Mozilla/5.0 (X11)", "country": "Germany",
        "channel": "Email", "utm_source": "news", "utm_medium": "email", "utm_campaign": "winter",
    },
    "orders": {
        "order_id": "o", "user_id": "u", "order_at": "2026-01-05T10:00:00Z", "updated_at": "2026-01-05T11:00:00Z",
        "status": "paid", "payment_method": "card", "currency": "EUR", "revenue": "12.50", "discount": "1.00",
        "tax": "2.00", "shipping": "3.00", "refund": "0.50", "refunded_at": "2026-01-05T12:00:00Z", "session_id": "s",
        "channel": "Email", "country": "Germany", "device": "phone", "items": ITEMS,
    },
    "products": {
        "product_id": "p", "name": "Green tea", "category": "tea", "price": "5.00", "currency": "EUR", "brand": "Acme",
        "subcategory": "green", "is_active": "true", "updated_at": "2026-01-05T10:00:00Z",
    },
    "users": {
        "user_id": "u", "updated_at": "2026-01-05T10:00:00Z", "signed_up_at": "2026-01-01T10:00:00Z", "name": "Ann",
        "email": "ann@example.com", "country": "Germany", "device": "phone", "language": "de", "plan": "free",
        "acquisition_channel": "Email",
    },
    "reviews": {
        "review_id": "r", "user_id": "u", "product_id": "p", "rating": "4", "review_at": "2026-01-05T10:00:00Z",
        "updated_at": "2026-01-05T11:00:00Z", "order_id": "o", "title": "Good", "body": "Very good tea",
    },
}  # fmt: skip
KEYS = {"event_id", "order_id", "product_id", "user_id", "review_id"}


def names(source: str, column: str) -> list[str]:
    """The names that a column may have: as a flat field they are meant."""
    return [column, *(name for name in names_of(source, column) if "." not in name)]


def values(drop: Drop, source: str) -> list[dict[str, Any]]:
    rows = drop.rows(drop.ingest(source))
    return [{name: row[name] for name in (*SOURCES[source].columns, "properties")} for row in rows]


@pytest.mark.parametrize("source", SOURCES)
def test_a_name_means_one_column_of_a_source(source: str) -> None:
    seen: dict[str, str] = {}
    for column, spellings in SOURCES[source].spellings.items():
        for name in (column, *spellings, *names_of(source, column)):
            assert seen.setdefault(folded(name), column) == column, name


def test_the_tables_name_columns_and_values_that_exist() -> None:
    columns = {column for source in SOURCES.values() for column in source.columns}
    named = {f"{source.name}.{column}" for source in SOURCES.values() for column in source.columns}
    assert {*NAMES, *WEAK, *VALUES} <= columns | named
    known = {"event_type": EVENT_TYPES, "status": ORDER_STATUSES, "payment_method": PAYMENT_METHODS}
    assert all(set(VALUES[column]) <= set(known[column]) for column in VALUES)


@examples(quick=30, all=100, nightly=500)
@given(data=st.data(), source=st.sampled_from(sorted(RECORDS)))
def test_each_column_is_found_under_any_of_its_names(data: Any, source: str) -> None:
    chosen = {column: data.draw(st.sampled_from(names(source, column)), column) for column in RECORDS[source]}
    records = [
        {chosen[column]: f"{value}{number}" if column in KEYS else value for column, value in RECORDS[source].items()}
        for number in range(3)
    ]
    fields = fields_of(records, MISSING_VALUES)
    settings = Settings(_env_file=None)
    context = ValidationContext(unlimited(settings), DAY)
    proposals = [
        Proposer(each, settings, Shape("json"), fields, context).proposal(SourceMap()) for each in SOURCES.values()
    ]
    best = max(proposals, key=lambda proposal: proposal.score)
    assert best.source.name == source
    assert {guess.column: guess.fields for guess in best.columns} == {name: (chosen[name],) for name in chosen}


@examples(quick=2, all=10, nightly=100)
@given(data=st.data(), source=st.sampled_from(sorted(RECORDS)), as_csv=st.booleans())
def test_the_map_restores_columns_under_other_names(data: Any, source: str, as_csv: bool) -> None:
    chosen = {column: data.draw(st.sampled_from(names(source, column)), column) for column in RECORDS[source]}
    order = data.draw(st.permutations(sorted(chosen)))
    records = [
        {column: f"{value}{number}" if column in KEYS else value for column, value in RECORDS[source].items()}
        for number in range(3)
    ]
    renamed = [{chosen[column]: record[column] for column in order} for record in records]
    with TemporaryDirectory() as folder:
        plain, other = Drop(Path(folder) / "plain"), Path(folder) / "other.jsonl"
        plain.lines("a.jsonl", records, source)
        content = "".join(json.dumps(record) + "\n" for record in renamed)
        if as_csv and source != "orders":
            other = other.with_suffix(".csv")
            content = "".join(",".join(map(str, row)) + "\n" for row in (renamed[0], *(r.values() for r in renamed)))
        found = inspected(other, content)
        assert found.proposal.source.name == source
        mapped = Drop(Path(folder) / "mapped", field_maps={source: found.proposal.field_map})
        mapped.file(other.name, content, source)
        assert values(mapped, source) == values(plain, source)
