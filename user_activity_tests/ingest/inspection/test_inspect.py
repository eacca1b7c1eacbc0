"""Files of other systems: the right source and map are proposed, and ingest accepts the records with them."""

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from user_activity.ingest.inspection.inspect import Inspection, inspect
from user_activity.ingest.inspection.sample import first_records
from user_activity.ingest.readers.batches import Batches, Numbering, Shape
from user_activity.ingest.readers.files import FileProblem
from user_activity.ingest.validation.opening import Opening
from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity_tests.ingest.conftest import DAY, Drop
from user_activity_tests.ingest.inspection.samples import KINDS, Kind


def inspected(path: Path, content: str | bytes, **more: Any) -> Inspection:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = more.pop("source", None)
    settings = Settings(_env_file=None, data_dir=path.parent / "data", **more)
    return inspect(path, settings, DAY, SOURCES[source] if source else None)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_file_is_recognised_and_ingested_as_proposed(kind: Kind, tmp_path: Path) -> None:
    found = inspected(tmp_path / kind.name, kind.content)
    assert found.proposal.source.name == kind.source
    assert found.proposal.field_map == kind.field_map
    assert found.proposal.missing == []
    accepted = kind.records if kind.accepted is None else kind.accepted
    assert (found.verdict.accepted, found.verdict.rejected) == (accepted, kind.records - accepted)
    drop = Drop(
        tmp_path / "platform",
        field_maps={kind.source: found.proposal.field_map},
        **{need.setting: need.value for need in found.needs},
    )
    drop.file(found.format.name, kind.content, kind.source)
    result = drop.ingest(kind.source)
    assert (result.rows_accepted, result.rows_quarantined) == (accepted, kind.records - accepted)
    assert (result.rejected_by_rule, result.warnings_by_rule) == (
        dict(found.verdict.rules),
        dict(found.verdict.set_aside),
    )
    row = drop.rows(result)[0]
    assert {column: str(row[column]) for column in kind.first} == kind.first
    assert {name: value for name, value in row.items() if name in found.preview[0]} == found.preview[0]


HEADER = "user_id,event_type,event_at\n"


def columns(found: Inspection) -> dict[str, tuple[str, ...]]:
    return {guess.column: guess.fields for guess in found.proposal.columns}


def test_what_would_be_rejected_is_counted_by_rule_as_ingest_counts_it(tmp_path: Path) -> None:
    rows = "u1,click,2026-01-05\n,click,2026-01-05\nu2,click,never\nu3,click,2026-01-05\n"
    found = inspected(tmp_path / "a.csv", HEADER + rows)
    assert (found.verdict.accepted, dict(found.verdict.rules)) == (2, {"user_id_missing": 1, "event_at_not_a_time": 1})
    assert found.verdict.reasons["user_id_missing"] == "user_id is missing"
    assert any(note.startswith("25% of the records have no user_id and would be rejected") for note in found.notes)


def test_values_that_are_set_aside_are_counted(tmp_path: Path) -> None:
    found = inspected(
        tmp_path / "a.csv", "user_id,event_type,event_at,qty\nu,click,2026-01-05,1\nu,click,2026-01-05,x\n"
    )
    assert dict(found.verdict.set_aside) == {"quantity_not_whole": 1}
    assert found.verdict.left_out == {"quantity_not_whole": "quantity is 'x'"}


def test_event_types_that_are_not_in_the_list_are_named_and_added(tmp_path: Path) -> None:
    rows = "u1,spin,2026-01-05\nu1,Product Viewed,2026-01-05\nu1,spin,2026-01-05\nu1,click,2026-01-05\n"
    found = inspected(tmp_path / "a.csv", HEADER + rows)
    (need,) = found.needs
    assert need.setting == "event_types"
    assert need.value[-1] == "spin"
    assert "spin (2)" in need.reason
    assert (found.verdict.accepted, found.verdict_now.accepted) == (4, 1)


def test_a_rare_name_is_rejected_and_not_added_to_the_list(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", HEADER + "u,clikc,2026-01-05\n" + "u,click,2026-01-05\n" * 100)
    assert found.needs == []
    assert dict(found.verdict.rules) == {"event_type_unknown": 1}


def test_too_many_event_types_are_all_accepted(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", HEADER + "".join(f"u,kind{number},2026-01-05\n" for number in range(60)))
    assert [need.variable for need in found.needs] == ["USER_ACTIVITY_EVENT_TYPES='*'"]
    assert found.verdict.accepted == 60


def test_the_start_date_is_the_day_of_the_earliest_record_in_the_reporting_time_zone(tmp_path: Path) -> None:
    content = HEADER + "u,click,2024-03-01T02:00:00Z\nu,click,2026-01-05\n"
    found = inspected(tmp_path / "a.csv", content, timezone="America/New_York")
    assert [(need.setting, need.value) for need in found.needs] == [("start_date", date(2024, 2, 29))]
    assert (found.verdict.accepted, found.verdict_now.accepted) == (2, 1)


def test_one_record_of_hundreds_from_long_ago_does_not_move_the_start_date(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", HEADER + "u,click,1985-01-01\n" + "u,click,2026-01-05\n" * 300)
    assert found.needs == []
    assert dict(found.verdict.rules) == {"event_at_too_early": 1}


def test_a_sample_is_the_beginning_of_the_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress((HEADER + "u,click,2026-01-05\n" * 50).encode()))
    settings = Settings(_env_file=None, data_dir=tmp_path)
    for most, count, is_whole in ((20, 20, False), (50, 50, True), (80, 50, True)):
        found = inspect(path, settings, DAY, None, most)
        assert (len(found.sample.records), found.verdict.accepted, found.sample.is_whole) == (count, count, is_whole)


def test_an_ambiguous_column_has_alternatives(tmp_path: Path) -> None:
    record = '{"event":"click","userId":"u","timestamp":"2026-01-05","received_at":"2026-01-05","email":"a@b.example"}'
    found = inspected(tmp_path / "a.jsonl", record)
    assert found.proposal.field_map == {}
    alternatives = {guess.column: guess.alternatives for guess in found.proposal.columns if guess.alternatives}
    assert alternatives == {"user_id": ("email",), "event_at": ("received_at",)}


def test_a_field_that_may_be_a_column_is_named_and_not_proposed(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", "user_id,type,date,price\nu,view,2026-01-05,5\n")
    assert found.proposal.perhaps == {"revenue": ["price"]}
    assert "revenue" not in found.proposal.field_map


def test_a_name_whose_values_do_not_fit_is_not_proposed(tmp_path: Path) -> None:
    content = "user_id,action,ts,date,client_time\nu,click,soon,never,2026-01-05\n"
    assert columns(inspected(tmp_path / "a.csv", content, source="events"))["event_at"] == ("client_time",)


def test_a_column_is_missing_if_the_values_of_its_only_name_do_not_fit(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", "user_id,action,ts\nu,click,soon\n", source="events")
    assert found.proposal.missing == ["event_at"]


def test_a_field_is_proposed_for_one_column_only(tmp_path: Path) -> None:
    order = '{"id": 1, "created_at": "2026-01-05", "line_items": [{"sku": "t", "quantity": 1, "price": 2}]}'
    found = inspected(tmp_path / "a.jsonl", order, source="orders")
    assert (columns(found)["order_id"], found.proposal.missing) == (("id",), [])


def test_a_sample_ends_in_the_middle_of_the_files_batches() -> None:
    shape = Shape("log")

    def rows(numbering: Numbering) -> Batches:
        for text in ("abc", "def", "ghi"):
            yield numbering.batch(shape, [pa.array(list(text))])

    sizes = [len(batch) for batch in first_records(Opening(shape, rows), 5).rows(Numbering(DAY))]
    assert sizes == [3, 2]


def test_an_id_that_repeats_is_no_key(tmp_path: Path) -> None:
    content = "id,type,date\n" + "7,click,2026-01-05\n" * 2 + "8,click,2026-01-05\n" * 2
    found = inspected(tmp_path / "a.csv", content, source="events")
    assert found.proposal.field_map["user_id"] == "id"
    assert "event_id" not in columns(found)
    assert found.verdict.accepted == 4


@pytest.mark.parametrize(
    ("times", "form", "moment"),
    [
        (["31/12/2025 08:15", "05/01/2026 09:00"], "%d/%m/%Y %H:%M", "2025-12-31 08:15:00"),
        (["12/31/2025 08:15", "01/05/2026 09:00"], "%m/%d/%Y %H:%M", "2025-12-31 08:15:00"),
        (["05.01.2026 09:00:10"], "%d.%m.%Y %H:%M:%S", "2026-01-05 09:00:10"),
        (["Jan 05, 2026"], "%b %d, %Y", "2026-01-05 00:00:00"),
        (["05/Jan/2026:10:00:00 +0100"], "%d/%b/%Y:%H:%M:%S %z", "2026-01-05 09:00:00"),
    ],
)
def test_a_time_format_is_found(times: list[str], form: str, moment: str, tmp_path: Path) -> None:
    rows = "".join(f'u,click,"{time}"\n' for time in times)
    found = inspected(tmp_path / "a.csv", f"user_id,action,when\n{rows}")
    assert found.proposal.field_map["event_at"] == {"field": "when", "format": form}
    assert str(found.preview[0]["event_at"]) == moment


def test_day_and_month_that_may_be_either_are_said(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", "user_id,action,when\nu,click,05/01/2026\n")
    assert any("%m/%d/%Y" in note for note in found.notes)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", "user_id,date\nu1,2026-01-05\n", source="orders")
    assert found.proposal.missing == ["order_id"]
    assert not found.is_useful
    found = inspected(tmp_path / "a.csv", "order_id,sku\no1,tea\n", source="order_items")
    assert found.proposal.missing == ["unit_price or amount"]
    assert any("unit_price or amount" in note for note in found.notes)


@pytest.mark.parametrize(("second", "is_proposed"), [("o2", True), ("o1", False)])
def test_orders_without_lines_need_a_setting_unless_they_are_lines(
    second: str, is_proposed: bool, tmp_path: Path
) -> None:
    content = f"order_id,customer_id,total,date\no1,u1,5,2026-01-05\n{second},u1,6,2026-01-05\n"
    found = inspected(tmp_path / "a.csv", content, source="orders")
    assert any(need.variable == "USER_ACTIVITY_ORDERS_WITHOUT_LINES=true" for need in found.needs) == is_proposed
    assert found.verdict.accepted == 2 * is_proposed


def test_a_line_without_a_product_is_no_order_without_lines(tmp_path: Path) -> None:
    lines = '[{"sku": "t", "quantity": 1, "price": 2}, {"sku": null, "title": "Gift wrap", "quantity": 1, "price": 5}]'
    order = f'{{"id": 1, "created_at": "2026-01-05", "total_price": 7, "line_items": {lines}}}'
    assert not inspected(tmp_path / "a.jsonl", order, source="orders").needs


def test_lines_of_orders_are_named(tmp_path: Path) -> None:
    content = "order,sku,qty,price,total,placed\nA1,t,1,10,10,2026-01-05\nA1,c,2,5,10,2026-01-05\n"
    found = inspected(tmp_path / "a.csv", content, source="orders")
    assert (found.verdict.accepted, found.needs) == (0, [])
    assert any("one line of an order" in note for note in found.notes)
    assert any("as that of a guest" in note for note in found.notes)


@pytest.mark.parametrize(("field", "is_known"), [("when", True), ("created", True), ("note", False)])
def test_lines_without_a_time_are_of_the_day_on_which_they_land(field: str, is_known: bool, tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", f"invoice;sku;qty;price;{field}\nA-1;p-1;2;2;2026-01-05\n")
    assert (found.proposal.source.name, found.verdict.accepted) == ("order_items", 1)
    assert ("order_at" in found.proposal.field_map) == is_known
    assert any("on which its lines land" in note for note in found.notes) != is_known


def test_the_map_in_force_is_kept_for_fields_that_the_file_has(tmp_path: Path) -> None:
    content = '{"who":"u","kind":"click","when":"2026-01-05"}'
    maps = {"events": {"user_id": "who", "event_at": "no_such_field"}}
    found = inspected(tmp_path / "a.jsonl", content, field_maps=maps)
    assert found.proposal.field_map == {"user_id": "who", "event_type": "kind", "event_at": "when"}


@pytest.mark.parametrize("name", ["server.log.1", "export.txt", "data", "data.csv"])
def test_a_file_whose_name_does_not_say_its_format_is_recognised_by_its_content(name: str, tmp_path: Path) -> None:
    record = '{"user_id":"u","event_type":"click","event_at":"2026-01-05"}\n'
    contents = {"server.log.1": next(kind.content for kind in KINDS if kind.name == "access.log"), "data": record,
                "export.txt": HEADER.replace(",", "\t") + "u\tclick\t2026-01-05\n", "data.csv": record}  # fmt: skip
    found = inspected(tmp_path / name, contents[name])
    assert found.verdict.accepted > 0
    names = {
        "server.log.1": "server.log.1.log",
        "export.txt": "export.txt",
        "data": "data.json",
        "data.csv": "data.json",
    }
    assert found.format.name == names[name]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.xlsx", b"PK\x03\x04rest", "export it as CSV"),
        ("a.txt", b"Dear all\n\nhello\n", "no CSV, JSON"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00", "damaged"),
        ("a.csv", b"user_id,name\n" + b"u,x\n" * 20_000 + "u,M\u00fcller\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=says):
        inspected(tmp_path / name, content)


def test_the_same_file_gives_the_same_report(tmp_path: Path) -> None:
    kind = KINDS[5]
    first, second = (inspected(tmp_path / kind.name, kind.content) for _ in range(2))
    assert first.proposal.columns == second.proposal.columns
    assert (first.needs, first.notes, first.preview) == (second.needs, second.notes, second.preview)


EXPORTS = {
    "profiles.csv": ("ID;E-Mail;Email Address;Created;Country Name\n1;x;a@b.example;2025-03-01;France\n", "users"),
    "catalogue.csv": ("sku|title|vendor|product type|retail price\nt1|Tea|Acme|Drinks|2.50\n", "products"),
    "opinions.jsonl": (
        '{"asin":"B1","reviewerID":"A1","overall":5.0,"summary":"Good","reviewText":"Tea","unixReviewTime":1767607200}',
        "reviews",
    ),
    "requests.jsonl": (
        '{"time_iso8601":"2026-01-05T10:00:00+01:00","remote_addr":"192.0.2.1","request_uri":"/","status":200,'
        '"http_user_agent":"Mozilla/5.0 (X11)","http_referer":"https://search.example/"}',
        "events",
    ),
    "page.json": (
        '{"data": [{"anonymousId": "a", "kind": "click", "when": "2026-01-05"}], "next": 2, "total": 1}',
        "events",
    ),
    "shop.json": (
        '{"result": {"list": [{"order_no": 7, "buyer_id": 3, "purchased_at": "2026-01-05", "grand_total": 10, '
        '"basket": [{"sku": "t1", "qty": 2, "price": 5}]}]}, "page": 1}',
        "orders",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_of_each_source_is_mapped(name: str, tmp_path: Path) -> None:
    content, source = EXPORTS[name]
    found = inspected(tmp_path / name, content)
    assert found.proposal.source.name == source
    assert (found.verdict.accepted, found.verdict.rejected, dict(found.verdict.set_aside)) == (1, 0, {})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_encoding_is_named(encoding: str, tmp_path: Path) -> None:
    content = "user_id;type;date\nJosé;click;2026-01-05\n".encode(encoding)
    found = inspected(tmp_path / "a.csv", content)
    assert found.format.encoding == {"utf-8-sig": "UTF-8 with a mark", "utf-16": "UTF-16"}[encoding]
    assert (found.preview[0]["user_id"], found.sample.opening.delimiter) == ("José", ";")


def test_typed_columns_of_parquet_are_mapped(tmp_path: Path) -> None:
    moment = pa.array([1767607200_000000], pa.timestamp("us"))
    table = pa.table({"Visit ID": [4], "Member ID": [7], "Activity": ["click"], "Server Time": moment, "n": [{"a": 1}]})
    pq.write_table(table, tmp_path / "a.parquet")
    found = inspected(tmp_path / "a.parquet", (tmp_path / "a.parquet").read_bytes())
    assert found.proposal.field_map == {
        "user_id": "Member ID", "event_type": "Activity", "event_at": "Server Time", "session_id": "Visit ID",
    }  # fmt: skip
    assert found.verdict.accepted == 1


def test_inconsistent_quoting_costs_one_record(tmp_path: Path) -> None:
    rows = 'u1,click,2026-01-05,a "quoted" word\nu2,click,2026-01-05,"never closed\nu3,click,2026-01-05,fine\n'
    found = inspected(tmp_path / "a.csv", "user_id,type,date,note\n" + rows)
    drop = Drop(tmp_path / "platform", field_maps={"events": found.proposal.field_map})
    drop.file("a.csv", "user_id,type,date,note\n" + rows)
    result = drop.ingest()
    assert (found.verdict.accepted, found.verdict.rejected) == (result.rows_accepted, result.rows_quarantined)
    assert found.verdict.accepted


PURCHASES = " customer_id date cds dollar_value\n 1  19970101 1 11.77\n 1  19970101 1 11.77\n 2  19970112 5 77.00\n"


def test_orders_without_an_id_get_one_of_who_when_and_how_much(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.txt", PURCHASES, source="orders")
    assert found.proposal.sections == {
        "file": {"separator": "blanks"}, "identity": ["user_id", "order_at", "revenue"]
    }  # fmt: skip
    assert {need.setting for need in found.needs} == {"orders_without_lines", "start_date"}
    assert (found.verdict.accepted, found.is_useful) == (3, True)
    assert any("order_id: it is made of user_id, order_at, revenue" in note for note in found.notes)
    assert any("With --source orders" in note for note in inspected(tmp_path / "a.txt", PURCHASES).notes)


def test_without_a_header_columns_are_numbered_and_the_names_are_asked_for(tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", "1,19970101,11.77\n2,19970102,12.00\n", source="orders")
    assert (found.proposal.unused, found.is_useful) == (["c1", "c2", "c3"], False)
    assert any("file: {header: [order_id, order_at, …]}" in note for note in found.notes)
    names = {"orders": {"file": {"header": ["customer_id", "date", "total"]}}}
    found = inspected(tmp_path / "a.csv", "1,19970101,11.77\n2,19970102,12.00\n", source="orders", field_maps=names)
    assert found.proposal.field_map == {
        "file": {"header": ["customer_id", "date", "total"]}, "identity": ["user_id", "order_at", "revenue"],
        "order_at": "date",
    }  # fmt: skip
    assert found.verdict.accepted == 2


def test_what_a_map_says_besides_columns_is_used_and_kept(tmp_path: Path) -> None:
    said = {"file": {"separator": "^"}, "roles": {"search": ["find"], "purchase": "kauf"}, "event_at": "when"}
    content = "user_id^what^when\nu^find^2026-01-05\nu^buy^2026-01-05\n"
    found = inspected(tmp_path / "a.csv", content.replace("what", "type"), field_maps={"events": said})
    assert found.proposal.field_map == {
        "file": {"separator": "^"}, "roles": {"search": ["find"], "purchase": ["kauf", "buy"]}, "event_type": "type",
        "event_at": "when",
    }  # fmt: skip
    assert [row["event_type"] for row in found.preview] == ["search", "purchase"]


def test_an_encoding_that_the_map_says_is_not_guessed(tmp_path: Path) -> None:
    content = "user_id,action,ts\nPaweł,click,2026-01-05\n".encode("cp1250")
    said = {"events": {"file": {"encoding": "cp1250"}}}
    found = inspected(tmp_path / "a.csv", content, field_maps=said)
    assert {"events": found.proposal.field_map} == said
    assert (found.format.encoding, found.preview[0]["user_id"]) == ("cp1250", "Paweł")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be"])
def test_an_encoding_without_a_mark_is_proposed(encoding: str, tmp_path: Path) -> None:
    found = inspected(tmp_path / "a.csv", "user_id,action,ts\nJosé,click,2026-01-05\n".encode(encoding))
    assert found.proposal.field_map == {"file": {"encoding": encoding}}
    assert (found.format.encoding, found.preview[0]["user_id"]) == (encoding, "José")
