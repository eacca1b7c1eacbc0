"""Records without an id: the map of their source says which columns make one."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.ingest import ingest
from user_activity_tests.examples import examples
from user_activity_tests.ingest.conftest import DAY, Drop

NEXT = DAY + timedelta(days=1)
FILE = {"separator": "blanks", "header": ["customer", "date", "cds", "dollars"]}
PURCHASES = {"file": FILE, "user_id": "customer", "order_at": "date", "revenue": "dollars"}


def dropped(tmp_path: Path, identity: list[str], **more: Any) -> Drop:
    said = {"orders": {**PURCHASES, "identity": identity, **more}}
    return Drop(tmp_path, orders_without_lines=True, start_date="1997-01-01", field_maps=said)


def text(rows: list[tuple[str, str, str, str]]) -> str:
    return "".join(f" {customer} {date} {cds} {dollars}\n" for customer, date, cds, dollars in rows)


ROW = st.tuples(
    st.sampled_from(["00001", "00002"]), st.sampled_from(["19970112", "19970113"]), st.sampled_from(["1", "2"]),
    st.sampled_from(["12.00", "5.5"]),
)  # fmt: skip


@pytest.mark.law
@examples(quick=8, all=40, nightly=300)
@given(
    rows=st.lists(ROW, min_size=1, max_size=12),
    identity=st.sampled_from([["user_id", "order_at"], ["user_id", "revenue", "properties.cds"], ["order_at"]]),
)
def test_every_row_is_one_purchase_however_often_its_file_lands(
    rows: list[tuple[str, str, str, str]], identity: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Equal rows are purchases of their own; of the same file on another day each row has the same id again."""
    drop = dropped(tmp_path_factory.mktemp("orders"), identity)
    for day in (DAY, NEXT):
        drop.file("a.txt", text(rows), "orders", day)
    first, second = (drop.rows(result) for result in ingest(drop.settings, "orders", [DAY, NEXT]))
    ids = [row["order_id"] for row in first]
    assert ids == [row["order_id"] for row in second]
    assert len(set(ids)) == len(rows)
    assert Counter((row["user_id"], row["revenue"]) for row in first) == Counter(
        (customer, Decimal(dollars)) for customer, _, _, dollars in rows
    )


def test_an_id_is_kept_when_other_columns_change(tmp_path: Path) -> None:
    drop = dropped(tmp_path, ["user_id", "order_at"])
    drop.file("a.txt", text([("1", "19970112", "1", "12.00"), ("2", "19970112", "1", "12.00")]), "orders")
    drop.file("b.txt", text([("1", "19970112", "1", "13.00")]), "orders")
    ids = [row["order_id"] for row in drop.rows(drop.ingest("orders"))]
    assert (ids[0], len(set(ids))) == (ids[2], 2)


def test_a_field_that_no_column_takes_can_tell_records_apart(tmp_path: Path) -> None:
    drop = dropped(tmp_path, ["user_id", "properties.cds"])
    for name, cds, date in (("a.txt", "1", "19970112"), ("b.txt", "1", "19970113"), ("c.txt", "2", "19970112")):
        drop.file(name, text([("1", date, cds, "12.00")]), "orders")
    first, second, third = (row["order_id"] for row in drop.rows(drop.ingest("orders")))
    assert first == second != third


def test_another_identity_reads_all_files_of_the_source_again(tmp_path: Path) -> None:
    ids = []
    for identity in (["user_id"], ["user_id"], ["order_at"]):
        drop = dropped(tmp_path, identity)
        drop.file("a.txt", text([("1", "19970112", "1", "12.00")]), "orders")
        ids += [row["order_id"] for row in drop.rows(drop.ingest("orders"))]
    assert ids[0] == ids[1] != ids[2]


def test_an_id_that_a_record_has_is_used(tmp_path: Path) -> None:
    drop = dropped(tmp_path, ["user_id"])
    order = {"customer": "u", "date": "2026-01-05", "dollars": 1}
    drop.lines("a.jsonl", [order | {"order_id": "o1"}, order], "orders")
    one, two = drop.rows(drop.ingest("orders"))
    assert (one["order_id"], len(two["order_id"])) == ("o1", 34)


def test_without_an_identity_an_order_without_an_id_is_rejected(tmp_path: Path) -> None:
    drop = dropped(tmp_path, [])
    drop.file("a.txt", text([("1", "19970112", "1", "12.00")]), "orders")
    assert drop.ingest("orders").rejected_by_rule == {"order_id_missing": 1}


def test_events_are_known_again_by_their_identity_alone(tmp_path: Path) -> None:
    event = {"user_id": "u", "event_type": "click", "event_at": "2026-01-05T10:00:00Z"}
    drop = Drop(tmp_path, field_maps={"events": {"identity": ["user_id", "event_at"]}})
    drop.lines("a.jsonl", [event | {"sent": 1}])
    drop.lines("b.jsonl", [event | {"sent": 2}])
    one, two = drop.rows(drop.ingest())
    assert one["event_id"] == two["event_id"]
