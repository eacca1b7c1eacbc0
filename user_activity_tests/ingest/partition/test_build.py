"""Raw is a function of the files landed: whatever the order, the repeats, the kills and the restarts."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest import FilesNotRead, ingest
from user_activity.ingest.lake import freshness, manifest
from user_activity.ingest.landing import incoming
from user_activity.ingest.partition.load import Loader
from user_activity.ingest.partition.outdated import outdated
from user_activity.ingest.partition.withdraw import landed_as, move_out_of_archive
from user_activity_tests.examples import Examples
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop


def events(count: int, prefix: str = "e", **more: Any) -> list[dict[str, Any]]:
    return [EVENT | {"event_id": f"{prefix}{number}"} | more for number in range(count)]


def fill(drop: Drop) -> None:
    drop.lines("a.jsonl", events(30))
    drop.lines("b.jsonl", [*events(20, "b"), {"bad": 1}])
    drop.file("c.csv", "user_id,event,ts\nu1,click,2026-01-05\nu1,nope,2026-01-05\n")
    drop.file("d.json", "[{")
    drop.lines("e.jsonl", events(3, "late", event_at="2026-01-01T00:00:00Z"), day=DAY + timedelta(days=1))
    for path in drop.settings.incoming_dir.rglob("*.*"):
        os.utime(path, ns=(0, 1767700000_000000000))


def build(drop: Drop) -> None:
    ingest(drop.settings, "events", [DAY, DAY + timedelta(days=1)])


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    drop = Drop(tmp_path_factory.mktemp("clean"))
    fill(drop)
    build(drop)
    return dict(drop.snapshot())


def test_building_twice_changes_nothing(drop: Drop, clean: dict[str, bytes]) -> None:
    fill(drop)
    build(drop)
    assert drop.snapshot() == clean
    build(drop)
    assert drop.snapshot() == clean


def test_rebuilding_from_the_archive_gives_the_same_bytes(drop: Drop, clean: dict[str, bytes]) -> None:
    import shutil

    fill(drop)
    build(drop)
    ingest(drop.settings, "events", [DAY, DAY + timedelta(days=1)], rebuild=True)
    assert drop.snapshot() == clean
    shutil.rmtree(drop.settings.lake_dir)
    build(drop)
    assert drop.snapshot() == clean


def test_files_that_arrive_one_by_one_give_the_same_bytes(drop: Drop, clean: dict[str, bytes]) -> None:
    fill(drop)
    waiting = sorted(path for path in drop.settings.incoming_dir.rglob("*.*") if path.is_file())
    aside = [(path, path.read_bytes()) for path in waiting]
    for path in waiting:
        path.unlink()
    for path, content in reversed(aside):
        path.write_bytes(content)
        os.utime(path, ns=(0, 1767700000_000000000))
        build(drop)
    assert drop.snapshot() == clean


class Killed(BaseException):
    """Stands for a kill: no handler of ours catches it, and nothing is cleaned up on the way that a kill would not."""


@pytest.mark.parametrize("point", range(14))
def test_a_run_that_dies_anywhere_is_mended_by_the_next(
    drop: Drop, clean: dict[str, bytes], point: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(drop)
    replaced, moved = os.replace, incoming.move_to_archive
    left = [point]

    def count() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    def replace_or_die(source: Any, target: Any) -> None:
        count()
        replaced(source, target)

    def move_or_die(*arguments: Any) -> None:
        count()
        moved(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace_or_die)
        patch.setattr(incoming, "move_to_archive", move_or_die)
        with pytest.raises(Killed):
            build(drop)
    build(drop)
    assert drop.snapshot() == clean


def test_parts_and_manifests_are_on_the_disk_before_a_manifest_has_its_name(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut keeps what was synced, and may keep a name without the content that was not."""
    fill(drop)
    sync, replace = os.fsync, os.replace
    on_disk, named = set[int](), list[tuple[str, bool]]()

    def synced(file: int) -> None:
        sync(file)
        on_disk.add(os.fstat(file).st_ino)

    def replaced(source: Path, target: Path) -> None:
        if target.suffix == ".json":
            entries = json.loads(source.read_text())["files"]
            kinds = ("part", "quarantine", "repairs", "history")
            parts = [drop.settings.lake_dir / entry[kind] for entry in entries for kind in kinds if entry[kind]]
            named.append((target.stem, {path.stat().st_ino for path in (source, *parts)} <= on_disk))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    build(drop)
    assert named
    assert all(whole for _, whole in named)


def test_what_a_killed_run_left_beside_a_manifest_goes(drop: Drop) -> None:
    fill(drop)
    build(drop)
    left = drop.settings.lake_dir / "manifests" / "events" / ".0123456789abcdef.tmp"
    left.write_text("half a mani")
    build(drop)
    assert not left.exists()


def fill_with_much(drop: Drop) -> Drop:
    for number in range(20):
        drop.lines(f"{number}.jsonl", [*events(3000, f"{number}-"), {"bad": number}])
    for path in drop.folder().iterdir():
        os.utime(path, ns=(0, 1767700000_000000000))
    return drop


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What comes of much when nothing dies."""
    drop = fill_with_much(Drop(tmp_path_factory.mktemp("whole")))
    build(drop)
    return dict(drop.snapshot())


@pytest.mark.law
@pytest.mark.parametrize("attempt", range(Examples(quick=2, all=6, nightly=60).here))
def test_sigkill_at_any_moment_is_mended_by_the_next_run(drop: Drop, whole: dict[str, bytes], attempt: int) -> None:
    torn = fill_with_much(drop)
    code = (
        "import sys; from datetime import date; from pathlib import Path; from user_activity.ingest import ingest; "
        "from user_activity.settings import Settings; print('ready', flush=True); "
        "ingest(Settings(data_dir=Path(sys.argv[1]), _env_file=None), 'events', [date(2026, 1, 5)])"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(torn.settings.data_dir)], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    time.sleep(0.15 + 0.15 * attempt)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    build(torn)
    assert torn.snapshot() == whole


def test_the_same_content_again_changes_nothing_and_other_content_counts(drop: Drop) -> None:
    drop.lines("a.jsonl", events(3))
    drop.ingest()
    before, written = drop.snapshot(), drop.written()
    drop.lines("b.jsonl", events(3))
    assert drop.ingest().rows_accepted == 3
    assert (drop.snapshot(), drop.written()) == (before, written)
    drop.lines("a.jsonl", events(4))
    assert drop.ingest().rows_accepted == 7


def test_equal_files_are_known_by_the_first_of_their_names_whichever_came_first(drop: Drop) -> None:
    drop.lines("b.jsonl", events(3))
    drop.ingest()
    drop.lines("a.jsonl", events(3))
    result = drop.ingest()
    assert [entry.file_name for entry in result.files] == ["a.jsonl"]
    assert {row["_source_file"] for row in drop.rows(result)} == {"a.jsonl"}
    assert len(list(drop.settings.archive_dir.rglob("*.jsonl"))) == 1


def test_a_file_sent_again_under_a_name_that_can_be_read_is_read(drop: Drop) -> None:
    drop.lines("a.dat", events(3))
    assert drop.ingest().rows_accepted == 0
    drop.lines("b.jsonl", events(3))
    result = drop.ingest()
    assert (result.rows_accepted, result.rows_quarantined) == (3, 1)
    assert drop.ingest(rebuild=True).rows_accepted == 3


def test_a_changed_catalogue_reads_the_archive_again(drop: Drop) -> None:
    drop.lines("a.jsonl", [*events(3), EVENT | {"event_type": "swipe"}])
    assert drop.ingest().rejected_by_rule == {"event_type_unknown": 1}
    wider = Drop(drop.settings.data_dir, event_types="click,swipe")
    result = wider.ingest()
    assert (result.rows_accepted, result.rows_quarantined) == (4, 0)
    assert wider.bad() == []
    assert [path.name for path in (wider.settings.lake_dir / "quarantine").rglob("*.parquet")] == []


def test_a_file_that_is_still_written_to_stays_for_the_next_run(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop.lines("a.jsonl", events(3))
    drop.lines("b.jsonl", events(3, "b"))
    commit = manifest.commit
    loader = Loader.load

    def load_while_growing(self: Any, *files: Any) -> Any:
        found = loader(self, *files)
        with path.open("a") as stream:
            stream.write(json.dumps(EVENT | {"event_id": "more"}) + "\n")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Loader, "load", load_while_growing)
        assert drop.ingest().rows_accepted == 3
    assert path.exists()
    assert drop.ingest().rows_accepted == 7
    assert commit is manifest.commit


def test_a_result_says_what_happened(drop: Drop) -> None:
    drop.lines("a.jsonl", [*events(3), EVENT | {"event_id": "old", "event_at": "2026-01-02"}, {"bad": 1}])
    result = drop.ingest()
    assert (result.rows_landed, result.rows_accepted, result.rows_quarantined, result.rows_late) == (5, 4, 1, 1)
    assert result.event_dates == [date(2026, 1, 2), DAY]
    assert result.rejected_by_rule == {"user_id_missing": 1, "event_type_missing": 1, "event_at_missing": 1}
    assert result.files[0].dates == {"2026-01-02": 1, "2026-01-05": 3}
    assert [row["event_id"] for row in result.preview(2)] == ["e0", "e1"]
    assert freshness.manifests(drop.settings)[0].files == tuple(result.files)


def test_products_of_a_week_are_one_partition(drop: Drop) -> None:
    product = {"product_id": "p", "name": "Mug", "category": "home", "price": 1}
    for day in (date(2026, 1, 5), date(2026, 1, 8), date(2026, 1, 12)):
        drop.lines("p.jsonl", [product], "products", day)
    results = ingest(drop.settings, "products", [date(2026, 1, 8), date(2026, 1, 12)])
    assert [(r.partition, r.rows_accepted, r.landing_dates) for r in results] == [
        (date(2026, 1, 5), 2, [date(2026, 1, 5), date(2026, 1, 8)]),
        (date(2026, 1, 12), 1, [date(2026, 1, 12)]),
    ]
    assert [row["updated_at"].date() for row in drop.rows(results[0])] == [date(2026, 1, 5), date(2026, 1, 8)]


def test_dates_without_files_are_partitions_without_rows(drop: Drop) -> None:
    result = drop.ingest()
    assert (result.rows_landed, result.files, result.preview(), result.event_dates) == (0, [], [], [])


def test_rows_are_numbered_and_ordered_in_large_files(drop: Drop) -> None:
    drop.lines("a.jsonl", [event if number % 997 else {"bad": number} for number, event in enumerate(events(60_000))])
    result = drop.ingest()
    rows = drop.rows(result)
    assert [row["_row_number"] for row in rows] == [number + 1 for number in range(60_000) if number % 997]
    assert all(row["event_id"] == f"e{row['_row_number'] - 1}" for row in rows)
    assert [bad.row_number for bad in drop.bad()] == [number + 1 for number in range(0, 60_000, 997)]


def test_many_small_files_take_milliseconds_each(drop: Drop) -> None:
    for number in range(300):
        drop.lines(f"{number}.jsonl", events(5, f"{number}-"), day=DAY + timedelta(days=number % 100))
    started = time.monotonic()
    results = ingest(drop.settings, "events", [DAY + timedelta(days=number) for number in range(100)])
    assert time.monotonic() - started < 10
    assert sum(result.rows_accepted for result in results) == 1500


def test_rows_of_a_file_that_is_missing_in_the_archive_stay(drop: Drop) -> None:
    drop.lines("a.jsonl", events(3, "a"))
    drop.ingest()
    archived(drop).unlink()
    drop.lines("b.jsonl", events(2, "b"))
    assert [entry.file_name for entry in drop.ingest().files] == ["a.jsonl", "b.jsonl"]
    assert len(drop.rows(drop.ingest())) == 5


def test_a_missing_file_that_must_be_read_again_keeps_its_rows_and_holds_up_no_other(
    drop: Drop,
) -> None:
    drop.lines("a.jsonl", events(3, "a"))
    drop.lines("b.jsonl", events(2, "b"))
    drop.ingest()
    original = archived(drop, "a.jsonl")
    content = original.read_bytes()
    original.unlink()
    drop.lines("c.jsonl", events(1, "c"))
    with pytest.raises(FilesNotRead, match=f"{original.name} is missing.*withdraw 'a.jsonl' --source") as failure:
        drop.ingest(rebuild=True)
    (result,) = failure.value.results  # all other files are in
    assert [entry.file_name for entry in result.files] == ["a.jsonl", "b.jsonl", "c.jsonl"]
    changed = drop.settings.model_copy(update={"max_line_bytes": 100_000})
    with pytest.raises(FilesNotRead, match="is missing"):
        ingest(changed, "events", [DAY])
    assert outdated(changed, "events").keys() == {DAY}
    assert outdated(drop.settings, "events").keys() == {DAY}  # some of its files were read with either settings
    original.write_bytes(content)
    (result,) = ingest(changed, "events", [DAY])
    assert len(drop.rows(result)) == 6
    assert not outdated(changed, "events")
    original.unlink()
    move_out_of_archive(drop.settings, "events", DAY, landed_as(drop.settings, "events", DAY, "a.jsonl"))
    assert [entry.file_name for entry in drop.ingest(rebuild=True).files] == ["b.jsonl", "c.jsonl"]


def test_only_landing_dates_that_can_be_ingested_are_read_again(drop: Drop) -> None:
    drop.lines("a.jsonl", events(1))
    drop.ingest()
    for stray in (".DS_Store", "2026-01-05 copy", "20260105", "2026-01-09"):
        (drop.settings.archive_dir / "events" / stray).write_text("")
    assert outdated(drop.settings, "events") == {}
    later = drop.settings.model_copy(update={"start_date": DAY + timedelta(days=1)})
    assert outdated(later, "events") == {}


def archived(drop: Drop, name: str = "") -> Path:
    (path,) = (drop.settings.archive_dir / "events" / DAY.isoformat()).glob(f"*{name}")
    return path
