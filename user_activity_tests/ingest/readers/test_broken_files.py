"""A file that cannot be read is quarantined as a file, in one clear sentence, and the others go on."""

import gzip
import os
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from user_activity.ingest import ingest
from user_activity.ingest.landing.incoming import utc_today
from user_activity_tests.examples import examples
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop

LINE = b'{"user_id":"u1","event_type":"click","event_at":"2026-01-05T10:00:00Z"}\n'
UNREADABLE = {
    "truncated.jsonl.gz": (gzip.compress(LINE * 5000)[:-100], "cut short"),
    "without_trailer.csv.gz": (
        gzip.compress(b"user_id,event_type,event_at\n" + b"u,click,2026-01-05\n" * 50)[:-8],
        "cut short",
    ),
    "truncated.jsonl.zst": (pa.compress(os.urandom(9000).hex().encode(), "zstd", asbytes=True)[:-50], "cut short"),
    "not_gzip.csv.gz": (b"user_id,event_type\n", "damaged"),
    "latin1.jsonl": (LINE + '{"user_id":"é"}'.encode("latin-1"), "not UTF-8 (byte"),
    "latin1.csv": ("user_id,event_type,event_at\né,click,2026-01-05\n".encode("latin-1"), "not UTF-8"),
    "latin1.json": ('[{"user_id":"é"}]'.encode("latin-1"), "not UTF-8"),
    "utf16.csv": ("user_id,event_type\n".encode("utf-16"), "UTF-16"),
    "unclosed.json": (b'[{"user_id":"u1"},', "never closes"),
    "unclosed_record.json": (b'[{"user_id":"u1"},{"user_id":"u', "never closes"),
    "two_arrays.json": (b'[{"user_id":"u1"}][', "not valid JSON"),
    "missing_comma.json": (b'[{"user_id":"u1"} {"user_id":"u2"}]', "not valid JSON"),
    "deep.json": (b"[" * 100_000, "not valid JSON"),
    "empty.jsonl": (b"", "is empty"),
    "empty.csv": (b"", "is empty"),
    "blank.jsonl": (b"\n \n", "is empty"),
    "empty.json.gz": (gzip.compress(b""), "is empty"),
    "twice.csv": (b"user_id,user_id\n1,2\n", "'user_id' twice"),
    "torn.parquet": (b"PAR1 and then nothing", "Parquet"),
    "notes.txt": (b"hello", "no format"),
    "report.log.bak": (b"hello!", "no format"),
    "noextension": (b"hello", "no format"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_is_quarantined_whole(name: str, drop: Drop) -> None:
    content, sentence = UNREADABLE[name]
    entry = drop.entry(name, content)
    assert entry.status == "rejected"
    assert (entry.rows_landed, entry.rows_accepted, entry.rows_quarantined, entry.part) == (1, 0, 1, None)
    (bad,) = drop.bad()
    assert (bad.row_number, bad.record, bad.file_name) == (None, None, name)
    (reason,) = bad.reasons
    assert reason.startswith(name)
    assert sentence in reason
    assert "\n" not in reason
    assert bad.archived.read_bytes() == content


def test_the_other_files_of_the_day_go_on(drop: Drop) -> None:
    for name, (content, _) in UNREADABLE.items():
        drop.file(name, content)
    for name in ("a.jsonl", "zz.jsonl", "m.csv"):
        drop.file(
            name, b"user_id,event,ts\nu1,click,2026-01-05\n" if name.endswith("csv") else LINE + b"\n" * len(name)
        )
    result = drop.ingest()
    assert (result.rows_accepted, result.rows_quarantined) == (3, len(UNREADABLE))
    assert not any(path.is_file() for path in drop.settings.incoming_dir.rglob("*"))


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
    (drop.settings.incoming_dir / "events" / "not-a-date").mkdir()
    result = drop.ingest()
    assert (result.rows_accepted, result.rejected_by_rule) == (0, {"file_misplaced": 5})
    assert secret.read_bytes() == LINE
    archived = {bad.file_name: bad.archived for bad in drop.bad()}
    assert archived["link.jsonl"].is_symlink()
    assert (archived["folder.csv"] / "inner.csv").read_text() == "kept"
    assert not list(folder.iterdir())
    before, written = drop.snapshot(), drop.written()
    drop.ingest()
    assert (drop.snapshot(), drop.written()) == (before, written)


@pytest.mark.parametrize(
    "name",
    [
        "it's.jsonl",
        'dou"ble.jsonl',
        "a b.jsonl",
        "ünï☃.jsonl",
        "new\nline.jsonl",
        "glob[0-9]*?.jsonl",
        "..jsonl.jsonl",
        "-rf.jsonl",
        "%2e%2e%2fx.jsonl",
        "semi;drop table x;--.jsonl",
        "a\\b.jsonl",
        "{x}.jsonl",
        "x" * 240 + ".jsonl",
        "$HOME.jsonl",
        "é" * 120 + ".jsonl",
    ],
)
def test_file_names_are_data(name: str, drop: Drop) -> None:
    if name.startswith("."):
        name = "x" + name
    entry = drop.entry(name, LINE + b"bad\n")
    assert (entry.rows_accepted, entry.rows_quarantined) == (1, 1)
    (bad,) = drop.bad()
    assert bad.file_name == name
    assert bad.archived.read_bytes() == LINE + b"bad\n"
    assert drop.rows(drop.ingest())[0]["_source_file"] == name


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
