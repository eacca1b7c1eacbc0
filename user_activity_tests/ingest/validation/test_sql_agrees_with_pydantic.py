"""SQL and pydantic never disagree: what SQL accepts, the contract accepts, with the same values."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from user_activity.ingest.readers.batches import Numbering, Shape, texts
from user_activity.ingest.validation.expressions import ROWS, decode
from user_activity.ingest.validation.read import connected
from user_activity.ingest.validation.validate import validation_sql
from user_activity.settings import Settings
from user_activity.sources import SOURCES, ValidationContext
from user_activity_tests.examples import examples

LANDED = date(2026, 1, 5)
SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]

blanks = st.sampled_from(["", "", "", " ", "\t", "\u00a0", "\n", "\u2003", "\x1f", "\u200b"])
digits = st.text("0123456789", min_size=1, max_size=20)
numbers = st.one_of(
    st.integers(-(10**19), 10**19).map(str),
    st.floats().map(str),
    st.decimals(allow_nan=True).map(str),
    st.tuples(
        st.sampled_from(["", "-", "+"]),
        digits,
        st.sampled_from(["", ".", ".0", ".5", ".00005", ".00004999999"]),
        st.sampled_from(["", "", "e1", "E-3", "_0", "€"]),
    ).map("".join),
    st.tuples(digits, digits).map(".".join),
    st.sampled_from(["٣", "1,5", "0x1", "1_0", "NaN", "-0", "٣.٥", "1e400"]),
)
clocks = st.one_of(
    st.times().map(str),
    st.sampled_from(["10:30", "24:00:00", "23:59:60", "9:1:2", "10:30:00.1234567", "10:30:00,5", ""]),
)
times = st.one_of(
    st.tuples(
        st.one_of(st.dates().map(str), st.dates(date(2025, 12, 1), date(2026, 1, 9)).map(str), st.just("2026-02-30")),
        st.sampled_from(["T", " ", "", "t", "  "]),
        clocks,
        st.sampled_from(
            [
                "",
                "Z",
                "z",
                "+00:00",
                "-07:30",
                "+0530",
                "+14",
                "+15:00",
                "-23:59",
                "+24:00",
                " UTC",
                "GMT",
                " +01",
                "Z+1",
            ]
        ),
    ).map("".join),
    st.datetimes(allow_imaginary=False).map(lambda moment: moment.isoformat()),
    st.integers(0, 10**14).map(str),
    st.integers(1_735_000_000, 1_768_000_000).map(str),
    st.tuples(st.integers(1_735_000_000, 1_768_000_000).map(str), digits).map(".".join),
    st.tuples(
        st.integers(1_735_000_000, 1_768_000_000).map(str),
        st.text("0123456789", max_size=10),
        st.sampled_from(["", "", ".", ".0", ".5", ".123456789"]),
    ).map("".join),
    st.dates(date(1960, 1, 1), date(2040, 1, 1)).map(lambda day: f"{day:%Y%m%d}"),
    st.sampled_from(
        ["epoch", "infinity", "-infinity", "now", "today", "2026-1-9", "2026-01-05 BC", "0000-01-01", "20260105"]
    ),
)
words = st.one_of(
    st.sampled_from([*SETTINGS.event_types, *SETTINGS.order_statuses, *SETTINGS.payment_methods]).flatmap(
        lambda name: st.sampled_from(
            [name, name.upper(), name.title(), name.replace("_", " "), name.replace("_", "-"), name + "s"]
        )
    ),
    st.sampled_from(
        ["canceled", "CANCELED", "USD", "eur", "Usd", "ZZZ", "ſek", "ſEK", "clicK", "true", "FALSE", "y", "İ", "SEK "]
    ),
)
line_values = st.one_of(
    words, numbers, st.integers(0, 9), st.floats(0, 100), st.none(), st.booleans(), st.text(max_size=5)
)
lines = st.dictionaries(
    st.sampled_from(["product_id", "sku", "quantity", "qty", "unit_price", "price", "name"]), line_values, max_size=4
)
good_lines = st.fixed_dictionaries(
    {
        "sku": st.one_of(st.text(min_size=1, max_size=8), st.integers(), st.floats(allow_nan=False)),
        "qty": st.integers(0, 5),
        "price": st.one_of(st.integers(0, 9), st.floats(0, 1e17), numbers),
    }
)
lists = st.lists(st.one_of(good_lines, lines), max_size=3).map(json.dumps)
anything = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(max_codepoint=300), max_size=6),
    st.integers(-(10**19), 10**19).map("{}.0".format),
    st.sampled_from(
        [
            "[]",
            "{}",
            "null",
            "[1]",
            '{"id": 1}',
            "{1",
            "[",
            "1.00",
            ".0",
            "-7.0",
            '[{"sku":"a"}]',
            "'",
            '"',
            "\\",
            "\x00",
            "a\x00b",
            "%",
            "{x}",
        ]
    ),
)
values = st.tuples(blanks, st.one_of(numbers, times, words, lists, anything), blanks).map("".join)
KINDS = {
    "Whole": numbers,
    "Amount": numbers,
    "Moment": times,
    "OneOf": words,
    "Currency": words,
    "Flag": words,
    "Items": lists,
    "Refunds": st.sampled_from(["[]", '[{"amount": 5}]', '[{"amount": "x"}]', "[5]"]),
}


def valid(source: str) -> dict[str, str]:
    """A record that the contract accepts."""
    good = {
        "Moment": "2026-01-05T10:00:00Z",
        "Whole": "3",
        "Amount": "9.5",
        "Text": "x1",
        "Identifier": "x1",
        "Currency": "EUR",
        "Flag": "true",
        "Items": '[{"product_id":"p","quantity":1,"unit_price":2}]',
    }
    record = {name: good.get(type(kind).__name__, "") for name, kind in SOURCES[source].kinds.items()}
    more = {"events": {"event_type": "click"}, "order_items": {"line_ref": ""}}  # a derived key is left to be derived
    return record | more.get(source, {})


def near_valid(source: str) -> st.SearchStrategy[dict[str, str]]:
    """Records with every column present or not, and mostly of the right kind."""
    columns = {
        name: st.one_of(
            st.none(), KINDS.get(type(kind).__name__, anything), KINDS.get(type(kind).__name__, values), values
        )
        for name, kind in SOURCES[source].kinds.items()
    }
    base = valid(source)
    changed = st.lists(st.sampled_from(sorted(columns)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: columns[name] for name in names})
    )
    return changed.map(lambda some: {name: text for name, text in (base | some).items() if text is not None})


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with connected(SETTINGS, tmp_path_factory.mktemp("work")) as found:
        yield found


def some_signatures(rows: list[str]) -> Iterator[list[str]]:
    """The keys of every third record: so that some rows are usual ones, and others are not."""
    for row in rows[::3]:
        try:
            record = json.loads(row)
        except ValueError:
            continue
        if isinstance(record, dict) and record:
            yield list(record)


def judged(
    connection: duckdb.DuckDBPyConnection, source: str, rows: list[str], settings: Settings = SETTINGS
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """For each row, the texts that both judges see, and what SQL made of them."""
    shape = Shape("json")
    batch = Numbering(LANDED).batch(shape, [texts(rows)])
    decoded = decode(shape, SOURCES[source], settings, list(some_signatures(rows)))
    connection.register(ROWS, pa.Table.from_batches([batch]))
    # Kept before they are fetched, because what is asked for as a relation is planned twice.
    connection.execute(f"create or replace temp table seen as select * from {decoded.sql}")
    connection.execute(f"create or replace temp table found as {validation_sql(SOURCES[source], settings, decoded)}")
    seen, found = (
        connection.sql(f"from {table} order by _row").to_arrow_table().to_pylist() for table in ("seen", "found")
    )
    assert len(seen) == len(found) == len(rows)
    yield from zip(seen, found, strict=True)


def assert_agreement(
    connection: duckdb.DuckDBPyConnection, source: str, rows: list[str], settings: Settings = SETTINGS
) -> int:
    accepted = 0
    for seen, found in judged(connection, source, rows, settings):
        if found["_undecided"] is not None:
            continue
        accepted += 1
        record = {name: seen[f"t_{name}"] for name in SOURCES[source].columns}
        try:
            typed = SOURCES[source].contract.model_validate(record, context=ValidationContext(settings, LANDED))
        except ValidationError as error:
            pytest.fail(f"SQL accepts what the contract rejects: {record}: {error}")
        assert {name: found[name] for name in SOURCES[source].columns} == dict(typed), record
    return accepted


# Nearly all of an example's time is the engine's planning, which is the same for few records as for many.
DRAWN = examples(quick=5, all=30, nightly=1000)


@pytest.mark.law
@pytest.mark.parametrize("source", SOURCES)
def test_on_near_valid_records(source: str, connection: duckdb.DuckDBPyConnection) -> None:
    accepted = 0

    @DRAWN
    @given(st.lists(near_valid(source), min_size=50, max_size=80))
    def check(records: list[dict[str, str]]) -> None:
        nonlocal accepted
        accepted += assert_agreement(connection, source, [json.dumps(record) for record in records])

    check()
    assert accepted, "the property means nothing if SQL decides nothing"


@pytest.mark.law
@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York",
        "America/Havana",
        *(pytest.param(zone, marks=pytest.mark.long) for zone in ("Asia/Kolkata", "Africa/Cairo", "Pacific/Apia")),
    ],
)
def test_on_times_in_other_zones(zone: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Some of these zones change their clocks at midnight, and one has skipped a day."""
    settings = Settings(_env_file=None, timezone=zone, start_date=date(1990, 1, 1))
    days = st.dates(date(1965, 1, 1), date(2026, 1, 9))

    @DRAWN
    @given(st.lists(st.one_of(days.map(str), days.map(lambda day: f"{day:%Y%m%d}"), times), min_size=50, max_size=80))
    def check(texts: list[str]) -> None:
        rows = [json.dumps(valid("events") | {"event_at": text}) for text in texts]
        assert assert_agreement(connection, "events", rows, settings)

    check()


@pytest.mark.parametrize("source", SOURCES)
def test_at_the_bounds_of_every_number(source: str, connection: duckdb.DuckDBPyConnection) -> None:
    """The last number within each bound and the first beyond it; a random draw meets them too seldom."""
    bounds = [
        (name, bound)
        for name, kind in SOURCES[source].kinds.items()
        for bound in (getattr(kind, "minimum", None), getattr(kind, "maximum", None))
        if bound is not None
    ]
    records = [valid(source) | {name: str(bound + step)} for name, bound in bounds for step in (-1, 0, 1)]
    assert_agreement(connection, source, [json.dumps(record) for record in [valid(source), *records]])


@pytest.mark.law
@pytest.mark.parametrize("source", ["events", "orders"])
def test_on_arbitrary_text(source: str, connection: duckdb.DuckDBPyConnection) -> None:
    json_like = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), values),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.one_of(
                    st.sampled_from(
                        ["user_id", "ts", "event", "id", "items", "total", "metadata", "device", "User_Id"]
                    ),
                    st.text(max_size=3),
                ),
                inner,
                max_size=6,
            ),
        ),
        max_leaves=12,
    )
    line = st.one_of(
        json_like.map(json.dumps), st.text(max_size=40), st.binary(max_size=30).map(lambda b: b.decode("latin-1"))
    )

    @DRAWN
    @given(st.lists(line.filter(lambda text: text.isprintable() or "\\u" in text), min_size=15, max_size=60))
    def check(rows: list[str]) -> None:
        assert_agreement(connection, source, rows)

    check()


def test_sql_strips_what_python_strips(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    spaces = [chr(code) for code in range(0x110000) if chr(code).isspace() and not 0xD800 <= code < 0xE000]
    rows = [json.dumps({"user_id": f"{space}u{space}", "event": "click", "ts": "2026-01-05"}) for space in spaces]
    assert [seen["t_user_id"] for seen, _ in judged(connection, "events", rows)] == ["u"] * len(spaces)
