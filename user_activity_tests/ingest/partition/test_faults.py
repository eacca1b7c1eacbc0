"""A fault of the machine rejects no file: the run fails and names the file, which waits, and the others come in."""

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from user_activity.ingest import FilesNotRead
from user_activity.ingest.landing import incoming, originals
from user_activity.ingest.readers.batches import Batches, Numbering, Shape
from user_activity.ingest.validation import opening
from user_activity_tests.ingest.conftest import EVENT, Drop

HEADER, ROW = "user_id,event,ts\n", "u{},click,2026-01-05\n"


def faults(drop: Drop, *named: str, **more: Any) -> str:
    """What a run says that must name these files alone, reject nothing, and leave them where they are."""
    with pytest.raises(FilesNotRead) as caught:
        drop.ingest(**more)
    assert [sentence.partition(" ")[0] for sentence in caught.value.faults] == list(named)
    assert not drop.bad()
    assert {path.name for path in drop.settings.incoming_dir.rglob("*") if path.is_file()} <= set(named)
    return str(caught.value)


def ingested(drop: Drop) -> list[str]:
    return [entry.file_name for entry in drop.ingest().files if entry.status == "loaded"]


def fill(drop: Drop) -> None:
    """Files of one shape, which are read in one pass, and files of others."""
    for number in range(5):
        drop.file(f"{number}.csv", HEADER + ROW.format(number))
    drop.lines("a.jsonl", [EVENT])


def test_without_enough_memory_a_good_file_waits_until_there_is(tmp_path: Path) -> None:
    short, enough = Drop(tmp_path, ingest_memory="20MB"), Drop(tmp_path)
    short.lines("a.jsonl", [EVENT])
    assert "a.jsonl needs more memory than there is" in (told := faults(short, "a.jsonl"))
    assert "USER_ACTIVITY_INGEST_MEMORY" in told
    assert ingested(enough) == ["a.jsonl"]


def test_a_large_file_that_needs_more_memory_waits_and_comes_in_with_more(tmp_path: Path) -> None:
    # Enough for the engine and a small file by far, by far too little for the large one.
    drop = Drop(tmp_path, ingest_memory="110MB", threads=2)
    drop.lines("large.jsonl", [EVENT | {"event_id": f"e{n}", "text": os.urandom(1500).hex()} for n in range(12000)])
    drop.lines("small.jsonl", [EVENT])
    assert "needs more memory" in faults(drop, "large.jsonl")
    assert ingested(Drop(tmp_path)) == ["large.jsonl", "small.jsonl"]


def test_a_file_that_ends_the_engine_ends_it_for_no_other(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecked(parquet: pq.ParquetFile, shape: Shape, numbering: Numbering) -> Batches:
        for batch in parquet.iter_batches():
            yield numbering.batch(shape, batch.columns)

    monkeypatch.setattr(opening, "parquet_batches", unchecked)
    fill(drop)
    for name, text in (("b.parquet", b"\xff\xfe"), ("y.parquet", b"u1")):
        user_id = pa.StringArray.from_buffers(1, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(text))
        table = pa.table({"user_id": user_id, "event_type": ["click"], "event_at": ["2026-01-05"]})
        pq.write_table(table, drop.folder() / name)
    assert "report this" in faults(drop, "b.parquet")
    monkeypatch.undo()
    assert len(ingested(drop)) == 7
    assert [bad.file_name for bad in drop.bad()] == ["b.parquet"]
    assert "Invalid UTF8" in drop.bad()[0].reasons[0]


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception, str], None]:
    """Makes the CSV reader fail in the middle of records that hold a text."""

    def plant(error: Exception, text: str) -> None:
        batches = opening.quick_batches

        def failing(*given: Any) -> Batches:
            for batch in batches(*given):
                yield batch
                if text in str(batch.column("_text")):
                    raise error

        monkeypatch.setattr(opening, "quick_batches", failing)

    return plant


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ValueError("of a kind nobody thought of"), "ValueError: of a kind nobody thought of"),
        (MemoryError(), "give the run more"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (PermissionError(13, "Permission denied"), "correct the permissions"),
        (RecursionError("too deep"), "RecursionError"),
    ],
)
def test_whatever_a_reader_raises_names_its_file_and_stops_no_other(
    error: Exception, remedy: str, drop: Drop, planted: Callable[[Exception, str], None], monkeypatch: Any
) -> None:
    fill(drop)
    planted(error, "u3")
    assert remedy in faults(drop, "3.csv")
    monkeypatch.undo()
    assert ingested(drop) == ["0.csv", "1.csv", "2.csv", "3.csv", "4.csv", "a.jsonl"]
    assert drop.ingest().rows_accepted == 6


def test_a_file_that_cannot_be_opened_waits(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(drop)
    digest = originals.sha256_of

    def refused(path: Path) -> str:
        if path.name == "2.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return digest(path)

    monkeypatch.setattr(originals, "sha256_of", refused)
    assert "correct the permissions" in faults(drop, "2.csv")
    monkeypatch.undo()
    assert len(ingested(drop)) == 6


def test_a_disk_that_is_full_keeps_only_what_does_not_fit_waiting(drop: Drop) -> None:
    fill(drop)
    drop.file("large.csv", HEADER + "".join(ROW.format(os.urandom(16).hex()) for _ in range(20_000)))
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        assert "File too large" in faults(drop, "large.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert len(ingested(drop)) == 7
    assert not list(drop.settings.lake_dir.rglob("*.tmp"))


def test_a_file_that_cannot_be_put_away_is_ingested_and_named(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(drop)
    move = incoming.move_to_archive

    def refused(path: Path, target: Path, umask: str) -> None:
        if path.name == "1.csv":
            raise OSError(28, "No space left on device")
        move(path, target, umask)

    monkeypatch.setattr(incoming, "move_to_archive", refused)
    assert "No space left" in faults(drop, "1.csv")
    monkeypatch.undo()
    assert drop.ingest().rows_accepted == 6
    assert len(ingested(drop)) == 6


def test_rows_stay_while_their_file_cannot_be_read_again(drop: Drop, planted: Callable[[Exception, str], None]) -> None:
    fill(drop)
    rows = drop.rows(drop.ingest())
    drop.file("new.csv", HEADER + ROW.format(9))
    planted(OSError(5, "Input/output error"), "u3")
    assert "3.csv" in faults(drop, "3.csv", rebuild=True)
    assert drop.rows(drop.ingest())[:3] == rows[:3]
    assert drop.ingest().rows_accepted == len(rows) + 1


def test_a_file_that_vanishes_or_grows_while_it_is_read_is_no_fault(
    drop: Drop, planted: Callable[[Exception, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(drop)
    batches = opening.quick_batches

    def moved(*given: Any) -> Batches:
        for batch in batches(*given):
            yield batch
            if "u1" in str(batch.column("_text")):
                (drop.folder() / "1.csv").unlink()
                with (drop.folder() / "3.csv").open("a") as more:
                    more.write(ROW.format(7))
                raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(opening, "quick_batches", moved)
    assert [entry.file_name for entry in drop.ingest().files] == ["0.csv", "2.csv", "4.csv", "a.jsonl"]
    monkeypatch.undo()
    assert "3.csv" in ingested(drop)
    assert drop.ingest().rows_accepted > 5
