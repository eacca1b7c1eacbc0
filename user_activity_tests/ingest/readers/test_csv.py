"""CSV as people write it: quotes, newlines, other delimiters, and faults that cost one record each."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.ingest.readers import csv_tolerant
from user_activity.ingest.readers.batches import Numbering, Shape
from user_activity.ingest.readers.csv import InconsistentQuoting, quick_batches
from user_activity.ingest.readers.csv_header import header_of
from user_activity_tests.examples import examples
from user_activity_tests.ingest.conftest import DAY, Drop

HEADER = "user_id,event,timestamp,page\n"
GOOD = "u{},click,2026-01-05 10:00:00,/x\n"


def outcome(drop: Drop, content: str | bytes) -> tuple[list[tuple[int, str | None]], dict[int, str]]:
    """Accepted rows as (number, page), rejected ones as number → reason."""
    drop.file("a.csv", content)
    rows = drop.rows(drop.ingest())
    bad = {record.row_number or 0: record.reasons[0] for record in drop.bad()}
    return [(row["_row_number"], row["page_url"]) for row in rows], bad


def test_an_unclosed_quote_costs_its_line_only(drop: Drop) -> None:
    content = HEADER + GOOD.format(1) + 'u2,click,2026-01-05,"/never closed\n' + GOOD.format(3) + GOOD.format(4)
    accepted, bad = outcome(drop, content)
    assert [number for number, _ in accepted] == [1, 3, 4]
    assert bad == {2: "the record has an opening quote that is never closed"}
    assert drop.bad()[0].record == 'u2,click,2026-01-05,"/never closed'


def test_a_wrong_number_of_fields_costs_its_record(drop: Drop) -> None:
    content = HEADER + GOOD.format(1) + "u2,click\n" + "u3,click,2026-01-05,/x,more\n" + GOOD.format(4)
    accepted, bad = outcome(drop, content)
    assert [number for number, _ in accepted] == [1, 4]
    assert bad == {
        2: "the record has 2 fields where the header names 4",
        3: "the record has 5 fields where the header names 4",
    }


def test_a_stray_quote_costs_its_record(drop: Drop) -> None:
    accepted, bad = outcome(
        drop, HEADER + 'u1,click,2026-01-05,5" or 6" disks\nu2,click,2026-01-05,"a"b\n' + GOOD.format(3)
    )
    assert [number for number, _ in accepted] == [1, 3]
    assert accepted[0][1] == '5" or 6" disks'
    assert "quote" in bad[2]


def test_a_quote_inside_of_a_field_without_quotes_is_text_on_any_line(drop: Drop) -> None:
    content = HEADER + 'u1,click,2026-01-05,/12" cup\n' + GOOD.format(2) + 'u3,click,2026-01-05,/7" cup\n'
    assert outcome(drop, content) == ([(1, '/12" cup'), (2, "/x"), (3, '/7" cup')], {})


def test_newlines_quotes_and_delimiters_inside_quotes_are_text(drop: Drop) -> None:
    accepted, bad = outcome(
        drop, HEADER + 'u1,click,2026-01-05,"a\r\nb, ""c"""\r\n' + '"u2","click","2026-01-05",""\r\n'
    )
    assert bad == {}
    assert accepted == [(1, 'a\nb, "c"'), (2, None)]


def test_a_quote_after_a_blank_opens_a_field_only_if_it_closes_at_the_end_of_one(drop: Drop) -> None:
    rows = ['u1, "click", 2026-01-05, "/a, b"', 'u2, click,2026-01-05, "a" and b', 'u3,click,2026-01-05,"  a "']
    accepted, bad = outcome(drop, HEADER + "\n".join(rows))
    assert (accepted, bad) == ([(1, "/a, b"), (2, '"a" and b'), (3, "a")], {})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_other_delimiters_byte_order_marks_and_blank_lines_are_fine(delimiter: str, drop: Drop) -> None:
    content = ("\ufeff" + HEADER + "\n" + GOOD.format(1) + "   \n" + GOOD.format(2).rstrip("\n")).replace(
        ",", delimiter
    )
    assert outcome(drop, content) == ([(1, "/x"), (2, "/x")], {})


def test_a_header_alone_is_a_file_of_no_rows(drop: Drop) -> None:
    entry = drop.entry("a.csv", HEADER)
    assert (entry.status, entry.rows_landed, entry.part, entry.quarantine) == ("loaded", 0, None, None)


def test_columns_without_a_name_are_kept_in_properties(drop: Drop) -> None:
    drop.file("a.csv", ",user_id,event,timestamp,\n0,u1,click,2026-01-05,z\n")
    (row,) = drop.rows(drop.ingest())
    assert row["properties"] == '{"column_1":"0","column_5":"z"}'


fields = st.one_of(st.text('ab,"\n ;é', max_size=5), st.sampled_from(["", '"', '""', '"a', 'a"', "a\nb", ","]))
rows = st.lists(st.lists(fields, min_size=1, max_size=4), min_size=1, max_size=6)


def read(batches: object, content: bytes, width: int) -> list[tuple[list[str] | None, str | None]]:
    header = header_of(io.BytesIO(content), bool)
    assert header.names == tuple("abcd"[:width])
    found = batches(io.BytesIO(content), Shape("csv", header.names), header, Numbering(DAY), 1000)  # type: ignore[operator]
    return [
        (
            None
            if row["_fields"] is None
            else [f.strip(" \n\r") for f in row["_fields"].replace("\x1e", "").split("\x1f")],
            row["_problem"],
        )
        for batch in found
        for row in batch.to_pylist()
    ]


@pytest.mark.law
@examples(quick=150, all=150, nightly=3000)
@given(st.integers(1, 4), rows, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_is_written_by_the_rules_is_read_as_python_reads_it(
    width: int, records: list[list[str]], newline: str, quoting: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=newline, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow("abcd"[:width])
    kept = [(record + [""] * width)[:width] for record in records]
    kept = [record for record in kept if "".join(record).strip()]
    writer.writerows(kept)
    content = text.getvalue().encode()
    expected = [[field.strip(" \n\r") for field in record] for record in kept]
    assert [fields for fields, _ in read(csv_tolerant.careful_batches, content, width)] == expected
    try:
        assert [fields for fields, _ in read(quick_batches, content, width)] == expected
    except InconsistentQuoting:
        assert '"' in text.getvalue()


@pytest.mark.law
@examples(quick=150, all=150, nightly=3000)
@given(st.text('a,"\n\r', max_size=30))
def test_the_quick_way_agrees_with_the_careful_way_or_leaves_it_to_it(body: str) -> None:
    content = b"a,b\n" + body.encode()
    slow = read(csv_tolerant.careful_batches, content, 2)
    try:
        quick = read(quick_batches, content, 2)
    except InconsistentQuoting:
        return
    assert len(quick) == len(slow)
    assert [fields for fields, problem in slow if not problem] == [
        q for (q, _), (_, problem) in zip(quick, slow, strict=True) if not problem
    ]
