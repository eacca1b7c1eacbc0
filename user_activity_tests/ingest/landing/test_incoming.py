"""What waits in incoming, and putting files there."""

import os
import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest import land, scan
from user_activity.ingest.landing.passed_over import passed_over
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop


def test_a_file_takes_its_folders_date_or_the_utc_date_of_its_last_change(drop: Drop) -> None:
    drop.file("a.jsonl", "x")
    loose = drop.settings.incoming_dir / "events" / "b.jsonl"
    loose.write_text("x")
    os.utime(loose, (0, datetime(2026, 1, 7, 23, 59, tzinfo=UTC).timestamp()))
    assert [(file.name, file.landing_date) for file in scan(drop.settings)] == [
        ("a.jsonl", DAY),
        ("b.jsonl", date(2026, 1, 7)),
    ]


@pytest.mark.parametrize("name", [".hidden.jsonl", "_SUCCESS", "a.jsonl.tmp", "a.jsonl.part", "A.CRDOWNLOAD"])
def test_files_that_are_not_there_yet_are_left_alone(name: str, drop: Drop) -> None:
    path = drop.file(name, "x")
    assert scan(drop.settings) == []
    drop.ingest()
    assert path.exists()


def test_a_file_settles_before_a_sensor_sees_it(drop: Drop) -> None:
    drop.file("a.jsonl", "x")
    assert scan(drop.settings, settle_seconds=5) == []
    assert len(scan(drop.settings, settle_seconds=0)) == 1


def test_the_cost_of_a_file_among_ten_thousand_is_that_of_a_few_looks_at_it(drop: Drop) -> None:
    folder = drop.folder()
    for number in range(10_000):
        (folder / f"{number}.jsonl").touch()
    started = time.process_time()
    assert len([entry.stat() for entry in os.scandir(folder)]) == 10_000
    looked = time.process_time()
    assert len(scan(drop.settings, "events")) == 10_000
    assert time.process_time() - looked < 30 * (looked - started)


def test_an_unknown_source_is_not_scanned(drop: Drop) -> None:
    drop.file("a.jsonl", "x", "nobody")
    assert scan(drop.settings) == []


def test_landing_copies_whole_files_and_knows_what_landed_before(drop: Drop, tmp_path: Path) -> None:
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"user_id":"u"}')
    first = land(drop.settings, mine, "events", DAY)
    assert (first.already_landed, first.path, first.path.read_bytes()) == (
        False,
        drop.folder() / "mine.jsonl",
        mine.read_bytes(),
    )
    assert land(drop.settings, mine, "events", DAY).already_landed
    drop.ingest()
    assert land(drop.settings, mine, "events", DAY).already_landed
    assert not land(drop.settings, mine, "events", date(2026, 1, 6)).already_landed
    mine.write_text('{"user_id":"v"}')
    again = land(drop.settings, mine, "events", DAY)
    mine.write_text('{"user_id":"w"}')
    other = land(drop.settings, mine, "events", DAY)
    assert not again.already_landed
    assert not other.already_landed
    assert again.path != other.path
    assert {path.name[0] for path in drop.folder().iterdir()}.isdisjoint({"."})


def test_a_loose_file_is_ingested_on_its_date(drop: Drop) -> None:
    import json

    loose = drop.settings.incoming_dir / "events" / "b.jsonl"
    loose.parent.mkdir(parents=True)
    loose.write_text(json.dumps(EVENT))
    os.utime(loose, (0, datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()))
    assert drop.ingest().rows_accepted == 1
    assert not loose.exists()


def test_an_original_that_all_could_read_is_archived_for_its_owner_alone(drop: Drop) -> None:
    for name, mode in (("a.jsonl", 0o644), ("b.jsonl", 0o600)):
        drop.lines(name, [EVENT | {"event_id": name}]).chmod(mode)
    (drop.folder() / "link.jsonl").symlink_to("/etc/hostname")
    before = Path("/etc/hostname").stat().st_mode
    drop.ingest()
    archived = [path for path in drop.settings.archive_dir.rglob("*-*.jsonl") if not path.is_symlink()]
    assert [path.stat().st_mode & 0o777 for path in archived] == [0o600, 0o600]
    assert Path("/etc/hostname").stat().st_mode == before


class OutOfReach:
    """A file in a folder whose names may be listed, and no more."""

    name, path = "far.jsonl", "far.jsonl"

    def is_dir(self, **_: bool) -> bool:
        return False

    def stat(self, **_: bool) -> os.stat_result:
        raise PermissionError(13, "Permission denied")


def test_a_folder_that_cannot_be_read_or_a_file_that_disappears_holds_up_no_other(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.lines("good.jsonl", [EVENT])
    drop.lines("shut.jsonl", [EVENT], day=DAY + timedelta(days=1))
    drop.lines("gone.jsonl", [EVENT], day=DAY + timedelta(days=2))
    drop.folder(day=DAY + timedelta(days=3))
    (drop.settings.incoming_dir / "lost+found").mkdir()
    listed = os.scandir

    def scandir(path: Path) -> Any:
        if str(path).endswith((str(DAY + timedelta(days=1)), "lost+found")):
            raise PermissionError(13, "Permission denied", str(path))
        if str(path).endswith(str(DAY + timedelta(days=3))):
            return nullcontext(iter([OutOfReach()]))
        found = list(listed(path))
        for gone in Path(path).glob("gone.jsonl"):
            gone.rename(gone.with_name(".gone"))
        return nullcontext(iter(found))

    monkeypatch.setattr(os, "scandir", scandir)
    assert [file.name for file in scan(drop.settings)] == ["good.jsonl"]
    told = sorted(found.sentence for found in passed_over(drop.settings))
    for day, sentence in zip(("2026-01-06", "2026-01-08"), told, strict=True):
        assert sentence.startswith(f"incoming/events/{day}/ cannot be read (Permission denied)")


WRITER = """
import sys
with open(sys.argv[1], sys.argv[2], buffering=1) as file:
    for half in range(2):
        for number in range(5):
            print('{"user_id":"u","event":"click","ts":"2026-01-05","n":%d}' % (half * 5 + number), file=file)
        print("written", flush=True)
        sys.stdin.readline()
"""


@pytest.mark.parametrize("mode", ["w", "a", "r+"])
def test_a_file_that_is_still_being_written_is_left_alone_and_said(mode: str, drop: Drop) -> None:
    path = drop.file("open.jsonl", "")
    drop.lines("other.jsonl", [EVENT])
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin
        assert writer.stdout
        for _ in range(2):
            writer.stdout.readline()
            assert [entry.file_name for entry in drop.ingest().files] == ["other.jsonl"]
            (told,) = passed_over(drop.settings)
            assert told.sentence == (
                f"incoming/events/{DAY}/open.jsonl is still being written by process {writer.pid}, "
                "and is not ingested: the next run ingests it once it is closed."
            )
            writer.stdin.write("\n")
            writer.stdin.flush()
    assert not passed_over(drop.settings)
    assert drop.ingest().rows_accepted == 11


def test_a_file_that_is_only_read_by_another_is_ingested(drop: Drop) -> None:
    path = drop.lines("a.jsonl", [EVENT])
    code = "import sys; file = open(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        reader.stdout.readline()
        assert drop.ingest().rows_accepted == 1
        reader.stdin.close()
