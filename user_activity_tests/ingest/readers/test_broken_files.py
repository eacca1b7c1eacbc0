"""A file that cannot be read is quarantined as a file, in one clear sentence, and the others go on."""

import contextlib
import json
import os
import re
import socket
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.ingest import PartitionResult, ingest
from user_activity.ingest.landing.incoming import utc_today
from user_activity.ingest.readers.files import shown
from user_activity_tests.examples import examples
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop
from user_activity_tests.ingest.readers.hostile_files import LINE, READ, RECORD, REJECTED
from user_activity_tests.ingest.readers.test_formats import RECORDS, WRITERS

HOSTILE = {name: content for name, (content, *_) in (REJECTED | READ).items()}


def conserved(drop: Drop, result: PartitionResult) -> None:
    """Every record that landed is in a part or in quarantine, and every original in the archive."""
    for entry in result.files:
        assert entry.rows_landed == entry.rows_accepted + entry.rows_quarantined, entry
    assert len(drop.rows(result)) == result.rows_accepted
    assert len(drop.bad(result.source, state=None)) == result.rows_quarantined
    assert not any(path.is_file() for path in drop.settings.incoming_dir.rglob("*"))


def reasons(drop: Drop, source: str = "events", files: Mapping[str, bytes] = HOSTILE) -> dict[str, list[str]]:
    """What is said of each file that was rejected whole."""
    told = defaultdict[str, list[str]](list)
    for bad in drop.bad(source):
        if bad.row_number is None:
            told[bad.file_name] += bad.reasons
            if not bad.archived.is_symlink() and bad.archived.is_file():
                assert bad.archived.read_bytes() == files[bad.file_name]
    return told


def test_hostile_files_cost_no_other_file_and_each_has_its_sentence(drop: Drop) -> None:
    assert len(HOSTILE) > 170
    for name, content in HOSTILE.items():
        drop.file(name, content)
    result = drop.ingest()
    conserved(drop, result)
    told = reasons(drop)
    assert told.keys() == REJECTED.keys()
    for name, (_, sentence) in REJECTED.items():
        (reason,) = told[name]
        assert re.match(rf"{re.escape(name)} [^\n]*{re.escape(sentence)}", reason), reason
        assert ": " in reason.removeprefix(name), f"{reason} does not say what to do"
    entries = {entry.file_name: entry for entry in result.files}
    counts = {name: (entries[shown(name)].rows_accepted, entries[shown(name)].rows_quarantined) for name in READ}
    assert counts == {name: (accepted, rejected) for name, (_, accepted, rejected) in READ.items()}
    assert len(entries) == len(HOSTILE)
    before = drop.snapshot()
    drop.ingest()
    assert drop.snapshot() == before


@pytest.mark.long
@pytest.mark.parametrize("source", ["orders", "products", "users", "reviews"])
def test_they_cost_no_file_of_another_source(source: str, drop: Drop) -> None:
    own = json.dumps(RECORDS[source][0], default=str).encode()
    files = {name: content.replace(RECORD, own) for name, (content, _) in REJECTED.items()}
    for name, content in files.items():
        drop.file(name, content, source)
    for name, write in WRITERS.items():
        drop.file(f"good-{name}", write(RECORDS[source]), source)
    result = drop.ingest(source)
    conserved(drop, result)
    assert reasons(drop, source, files).keys() == REJECTED.keys()
    good = [entry for entry in result.files if entry.file_name.startswith("good-")]
    assert [entry.rows_accepted for entry in good] == [len(RECORDS[source])] * len(WRITERS)


def test_a_line_beyond_the_limit_rejects_the_file(tmp_path: Path) -> None:
    drop = Drop(tmp_path, max_line_bytes=10_000)
    for name in ("a.jsonl", "b.json", "c.csv", "d.log"):
        head = b"user_id,event_type,event_at\n" if name == "c.csv" else b"[" if name == "b.json" else LINE
        drop.file(name, head + b'{"user_id":"' + name.encode() + b"x" * 20_000)
    drop.file("ok.jsonl", LINE)
    result = drop.ingest()
    assert {entry.file_name: tuple(entry.rules) for entry in result.files if entry.rules} == dict.fromkeys(
        ("a.jsonl", "b.json", "c.csv", "d.log"), ("file_line_too_long",)
    )
    assert result.rows_accepted == 1


@pytest.mark.long
def test_a_line_of_a_gigabyte_costs_no_gigabyte(drop: Drop) -> None:
    import resource

    path = drop.folder() / "huge.jsonl"
    with path.open("wb") as stream:
        stream.truncate(1024**3)
    drop.file("ok.jsonl", LINE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = drop.ingest()
    assert (result.rows_accepted, result.rejected_by_rule) == (1, {"file_line_too_long": 1})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_folders_and_links_are_quarantined_and_never_followed(drop: Drop, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(LINE)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "more.jsonl").write_bytes(LINE)
    folder = drop.folder()
    (folder / "link.jsonl").symlink_to(secret)
    (folder / "dangling.jsonl").symlink_to("/no/such/file")
    (folder / "dir_link").symlink_to(tmp_path / "elsewhere")
    (folder / "folder.csv").mkdir()
    (folder / "folder.csv" / "inner.csv").write_text("kept")
    os.mkfifo(folder / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as bound, contextlib.chdir(folder):
        bound.bind("socket.jsonl")
    (drop.settings.incoming_dir / "events" / "not-a-date").mkdir()
    result = drop.ingest()
    assert (result.rows_accepted, result.rejected_by_rule) == (0, {"file_misplaced": 6})
    assert secret.read_bytes() == LINE
    archived = {bad.file_name: bad.archived for bad in drop.bad()}
    assert archived["link.jsonl"].is_symlink()
    assert (archived["folder.csv"] / "inner.csv").read_text() == "kept"
    assert not list(folder.iterdir())
    before, written = drop.snapshot(), drop.written()
    drop.ingest()
    assert (drop.snapshot(), drop.written()) == (before, written)


def test_a_name_that_is_not_utf8_is_shown_with_its_bytes(drop: Drop) -> None:
    path = os.fsencode(drop.folder()) + b"/caf\xe9.jsonl"
    with open(path, "wb") as stream:  # noqa: PTH123
        stream.write(LINE)
    result = drop.ingest()
    assert result.rows_accepted == 1
    assert result.files[0].file_name == "caf\\xe9.jsonl"
    assert drop.ingest(rebuild=True).files[0].file_name == "caf\\xe9.jsonl"


def test_a_landing_date_out_of_range_is_quarantined_on_the_nearest_partition(drop: Drop) -> None:
    start, last = drop.settings.start_date, utc_today() + timedelta(days=1)
    drop.file("old.jsonl", LINE, day=date(2019, 1, 1))
    drop.file("new.jsonl", LINE, day=date(2999, 1, 1))
    results = ingest(drop.settings, "events", [start, last])
    assert [(r.partition, r.rejected_by_rule) for r in results] == [
        (start, {"file_misplaced": 1}),
        (last, {"file_misplaced": 1}),
    ]
    assert "2019-01-01" in drop.bad()[0].reasons[0]


@pytest.mark.law
@examples(quick=6, all=15, nightly=300)
@given(
    st.dictionaries(
        st.sampled_from(["a.jsonl", "b.json", "c.csv", "d.log", "e.parquet", "f.csv.gz", "g.json.zst", "h.ndjson"]),
        st.one_of(
            st.binary(max_size=60),
            st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
            st.lists(
                st.sampled_from(
                    [
                        LINE,
                        b"user_id,event,ts\n",
                        b"u,click,2026-01-05\n",
                        b'"',
                        b'"u",click,"2026-01-05"\n',
                        b"[",
                        b"]",
                        b",",
                        b"\n",
                        b"\r\n",
                        b"\x00",
                        b"\x1f",
                        b"\xef\xbb\xbf",
                        b"u,click\n",
                        b'u,"a""b",2026-01-05\n',
                        b"{",
                        b"}",
                    ]
                ),
                max_size=12,
            ).map(b"".join),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_the_bytes_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    drop = Drop(tmp_path_factory.mktemp("bytes"))
    for name, content in files.items():
        drop.file(name, content)
    drop.lines("zz.jsonl", [EVENT])
    result = drop.ingest()
    once = {(content, name.partition(".")[2]): name for name, content in sorted(files.items(), reverse=True)}
    assert {entry.file_name for entry in result.files} == {*once.values(), "zz.jsonl"}
    for entry in result.files:
        assert entry.rows_landed == entry.rows_accepted + entry.rows_quarantined, entry
    assert len(drop.rows(result)) == result.rows_accepted
    assert len(drop.bad(state=None)) == result.rows_quarantined
    assert result.files[-1].rows_accepted == 1
    assert result.partition == DAY


SEEDS = {
    name: READ[name][0] for name in ("ragged.csv", "crlf.csv", "nan.jsonl", "one.json", "marked.json", "noise.log")
}
SEEDS |= {name: READ[name][0] for name in ("nested.parquet", "words.parquet", "members.jsonl.gz", "frames.jsonl.zst")}
EDIT = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 8), st.binary(max_size=8))


def edited(content: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """The content with bytes replaced by others: at a share of its length, so many by these."""
    for place, count, other in edits:
        at = int(place * len(content))
        content = content[:at] + other + content[at + count :]
    return content


@pytest.mark.law
@examples(quick=5, all=15, nightly=400)
@given(st.fixed_dictionaries({name: st.lists(EDIT, min_size=1, max_size=4) for name in SEEDS}))
def test_whatever_a_byte_becomes_no_row_is_lost_and_no_good_file_waits(
    tmp_path_factory: pytest.TempPathFactory, edits: dict[str, list[tuple[float, int, bytes]]]
) -> None:
    drop = Drop(tmp_path_factory.mktemp("edited"))
    for name, content in SEEDS.items():
        drop.file(name, edited(content, edits[name]))
    drop.lines("zz.jsonl", [EVENT])
    result = drop.ingest()
    conserved(drop, result)
    assert result.files[-1].rows_accepted == 1
