"""What was rejected arrives exactly once: repaired by hand, or replayed when what rejected it has changed."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest import PartitionResult, ingest, quarantine
from user_activity.ingest.lake import freshness
from user_activity.ingest.landing import incoming
from user_activity.ingest.quarantine import Selection
from user_activity.ingest.quarantine.export import export
from user_activity_tests.ingest.conftest import DAY, EVENT, Drop

NEXT = DAY + timedelta(days=1)
LATER = DAY + timedelta(days=2)
WIDE = "click,swipe,tap"
NAMELESS = {name: value for name, value in EVENT.items() if name != "event_id"}


def swipes(count: int = 3) -> list[dict[str, Any]]:
    """Events without an id, each of another user, of a type that is not in the catalogue."""
    return [NAMELESS | {"user_id": f"u{number}", "event_type": "swipe"} for number in range(count)]


def states(drop: Drop, source: str = "events") -> list[tuple[str, int | None, str]]:
    return [(bad.file_name, bad.row_number, bad.state) for bad in drop.bad(source, state=None)]


def exported(drop: Drop, tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "exported.jsonl"
    export(drop.settings, path, Selection())
    return [json.loads(line) for line in path.read_text().splitlines()]


def accepted(drop: Drop) -> list[tuple[str, str]]:
    """Every accepted event, as (user, type)."""
    days = [day for _, day in freshness.state(drop.settings, "events")]
    results = ingest(drop.settings, "events", days)
    return sorted((row["user_id"], row["event_type"]) for result in results for row in drop.rows(result))


def conserved(result: PartitionResult) -> bool:
    return result.rows_landed == result.rows_accepted + result.rows_quarantined


def test_a_wider_catalogue_replays_what_it_rejected_and_a_narrower_one_takes_it_back(drop: Drop) -> None:
    drop.lines("a.jsonl", [EVENT, *swipes(2), {"bad": 1}])
    assert drop.ingest().rows_open == 3
    reasons = [bad.reasons for bad in drop.bad()]
    wide = Drop(drop.settings.data_dir, event_types=WIDE)
    for _ in range(2):
        result = wide.ingest(rebuild=True)
        assert (result.rows_accepted, result.rows_quarantined, result.rows_open) == (3, 1, 1)
        assert states(drop) == [("a.jsonl", 4, "open"), ("a.jsonl", 2, "replayed"), ("a.jsonl", 3, "replayed")]
        assert [bad.reasons for bad in drop.bad(state="replayed")] == reasons[:2]
    assert drop.ingest().rows_open == 3
    assert {state for *_, state in states(drop)} == {"open"}
    assert not [path for path in (drop.settings.lake_dir / "history").rglob("*") if path.is_file()]


def test_a_field_map_replays_and_what_still_breaks_another_rule_stays(drop: Drop) -> None:
    drop.lines("a.jsonl", [{"visitor": "u1", "event_type": kind, "event_at": str(DAY)} for kind in ("click", "nope")])
    assert drop.ingest().rejected_by_rule == {"user_id_missing": 2, "event_type_unknown": 1}
    mapped = Drop(drop.settings.data_dir, field_maps={"events": {"user_id": "visitor"}})
    assert mapped.ingest().rejected_by_rule == {"event_type_unknown": 1}
    assert states(drop) == [("a.jsonl", 2, "open"), ("a.jsonl", 1, "replayed")]


def test_a_file_that_could_not_be_read_is_replayed_whole(drop: Drop) -> None:
    drop.lines("a.jsonl", [EVENT, {"bad": "x" * 2000}])
    assert Drop(drop.settings.data_dir, max_line_bytes=1000).ingest().rows_accepted == 0
    drop.ingest()
    assert states(drop) == [("a.jsonl", 2, "open"), ("a.jsonl", None, "replayed")]


def test_a_half_repaired_file_leaves_the_other_half_open_once(drop: Drop, tmp_path: Path) -> None:
    drop.lines("a.jsonl", [EVENT, *swipes(4), {"bad": 1}])
    drop.ingest()
    lines = exported(drop, tmp_path)
    half = [line | {"event_type": "click"} for line in lines[:2]] + lines[2:4]
    drop.lines("repaired.jsonl", half, day=NEXT)
    day, landed = ingest(drop.settings, "events", [NEXT])
    assert (landed.rows_accepted, landed.rows_quarantined, landed.rows_open) == (2, 2, 2)
    assert (day.partition, day.rows_quarantined, day.rows_open) == (DAY, 5, 1)  # its page is brought up to date
    assert all(map(conserved, (day, landed)))
    assert not [row for row in drop.rows(landed) if row["properties"]]
    expected = [
        *(("a.jsonl", row, "superseded") for row in (2, 3, 4, 5)),
        ("a.jsonl", 6, "open"),  # it was not in the repaired file
        *(("repaired.jsonl", row, "open") for row in (3, 4)),  # they were, as they had been
    ]
    assert states(drop) == expected
    # Landed once more, on another day: the same records, answered for where they landed last.
    drop.lines("repaired.jsonl", half, day=LATER)
    ingest(drop.settings, "events", [LATER])
    assert len(drop.bad()) == 3
    assert quarantine.open_by_source(drop.settings) == {"events": 3}
    assert len({row["event_id"] for result in ingest(drop.settings, "events", [NEXT, LATER])
                for row in drop.rows(result)}) == 2  # fmt: skip
    # And the rest, out of the second export.
    rest = [line | NAMELESS for line in exported(drop, tmp_path)]
    drop.lines("rest.jsonl", rest, day=LATER)
    ingest(drop.settings, "events", [LATER])
    assert drop.bad() == []


@pytest.mark.parametrize("form", ["csv", "json", "jsonl.gz"])
def test_a_repair_may_come_in_any_format(form: str, drop: Drop, tmp_path: Path) -> None:
    drop.lines("a.jsonl", swipes(1))
    drop.ingest()
    (line,) = exported(drop, tmp_path)
    line["event_type"] = "click"
    texts = {
        "csv": ",".join(line) + "\n" + ",".join(line.values()) + "\n",
        "json": json.dumps([line], indent=1),
        "jsonl.gz": gzip.compress(json.dumps(line).encode()),
    }
    drop.file(f"b.{form}", texts[form])
    result = drop.ingest()
    assert (result.rows_accepted, result.rows_open) == (1, 0)
    assert drop.rows(result)[0]["properties"] is None


def test_a_line_that_was_broken_by_mending_it_still_says_what_it_was_sent_for(drop: Drop, tmp_path: Path) -> None:
    drop.lines("a.jsonl", swipes(1))
    drop.ingest()
    (line,) = exported(drop, tmp_path)
    drop.file("b.jsonl", json.dumps(line)[:-1] + "\n")
    drop.ingest()
    assert states(drop) == [("a.jsonl", 1, "superseded"), ("b.jsonl", 1, "open")]
    (line,) = exported(drop, tmp_path)
    drop.lines("c.jsonl", [{"_quarantine_id": line["_quarantine_id"], **EVENT}])
    assert drop.ingest().rows_open == 0


def test_an_id_of_no_record_changes_nothing(drop: Drop) -> None:
    drop.lines("a.jsonl", [*swipes(1), EVENT])
    (a,) = drop.ingest().files
    before = drop.settings.lake_dir / str(a.part)
    names = [f"{a.file_sha256[:16]}-{row}" for row in (0, 3, 10**17)] + [
        f"{'0' * 16}-1",
        "x",
        "",
        f"{'A' * 16}-1",
        "-1",
    ]
    drop.lines("b.jsonl", [EVENT | {"event_id": f"b{i}", "_quarantine_id": name} for i, name in enumerate(names)])
    result = drop.ingest()
    assert (result.rows_accepted, result.rows_open) == (len(names) + 1, 1)
    assert before.exists()
    written = drop.written()
    drop.ingest()
    assert drop.written() == written


def wide(drop: Drop) -> None:
    ingest(Drop(drop.settings.data_dir, event_types=WIDE).settings, "events", [DAY, NEXT])


def repair(drop: Drop, tmp_path: Path) -> None:
    sha = incoming.sha256_of(next(drop.settings.data_dir.rglob("*a.jsonl")))[:16]
    mended = [one | {"_quarantine_id": f"{sha}-{row}", "event_type": "click"} for row, one in enumerate(swipes(3), 1)]
    drop.lines("repaired.jsonl", mended[:2], day=NEXT)


@pytest.mark.parametrize("order", ["repair, replay", "replay, repair", "all at once"])
def test_what_was_repaired_is_not_accepted_again_when_its_contract_widens(
    order: str, drop: Drop, tmp_path: Path
) -> None:
    drop.lines("a.jsonl", swipes(3))
    if order != "all at once":
        drop.ingest()
    if order == "replay, repair":
        wide(drop)
        assert len(accepted(Drop(drop.settings.data_dir, event_types=WIDE))) == 3
    repair(drop, tmp_path)
    if order == "repair, replay":
        ingest(drop.settings, "events", [NEXT])
        assert accepted(drop) == [("u0", "click"), ("u1", "click")]
    for _ in range(2):
        wide(drop)
        drop.settings = Drop(drop.settings.data_dir, event_types=WIDE).settings
        assert accepted(drop) == [("u0", "click"), ("u1", "click"), ("u2", "swipe")]
        found = {(name, row): state for name, row, state in states(drop)}
        assert found.pop(("a.jsonl", 3), "replayed") == "replayed"
        assert found == {("a.jsonl", 1): "superseded", ("a.jsonl", 2): "superseded"}
    # The repairs themselves break the contract later: what they stood for is wanted again.
    narrow = Drop(drop.settings.data_dir, event_types="swipe")
    ingest(narrow.settings, "events", [NEXT])
    ingest(narrow.settings, "events", [DAY, NEXT])
    assert accepted(narrow) == [("u0", "swipe"), ("u1", "swipe"), ("u2", "swipe")]


def test_a_good_file_of_its_name_or_content_replaces_one_that_could_not_be_read(drop: Drop) -> None:
    drop.file("a.jsonl.gz", b"\x1f\x8b cut short")
    drop.file("b.json", "[")
    drop.lines("c.dat", [EVENT])
    assert drop.ingest().rows_open == 3
    drop.file("b.json", json.dumps([EVENT]))
    drop.file(
        "a.jsonl.gz", gzip.compress(b"{}"), day=NEXT
    )  # another day's file of this name says nothing of this day's
    drop.lines("any name.jsonl", [EVENT], day=NEXT)
    ingest(drop.settings, "events", [DAY, NEXT])
    assert [(bad.row_number, bad.landing_date) for bad in drop.bad()] == [(None, DAY), (1, NEXT)]
    assert [bad.file_name for bad in drop.bad(state="superseded")] == ["b.json", "c.dat"]


class Killed(BaseException):
    """Stands for a kill: no handler of ours catches it."""


@pytest.fixture(scope="module")
def to_mend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a replay behind it, in which a repair waits."""
    folder = tmp_path_factory.mktemp("to_mend")
    drop = Drop(folder / "data")
    drop.lines("a.jsonl", [*swipes(3), {"bad": 1}])
    drop.ingest()
    wide(drop)
    repair(drop, folder)
    return folder / "data"


@pytest.fixture(scope="module")
def whole(to_mend: Path, tmp_path_factory: pytest.TempPathFactory) -> Drop:
    """What comes of it when nothing dies."""
    return mended(Drop(shutil.copytree(to_mend, tmp_path_factory.mktemp("whole") / "data")))


def mended(drop: Drop) -> Drop:
    ingest(drop.settings, "events", [NEXT])
    ingest(drop.settings, "events", [DAY])
    return drop


@pytest.mark.parametrize("point", range(13))
def test_a_repair_and_a_replay_that_die_anywhere_are_mended_by_the_next(
    point: int, to_mend: Path, whole: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn = Drop(shutil.copytree(to_mend, tmp_path / "torn"))
    left = [point]

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def act_or_die(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return act(*arguments, **named)

        return act_or_die

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counted(os.replace))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        patch.setattr(incoming, "move_to_archive", counted(incoming.move_to_archive))
        try:
            ingest(torn.settings, "events", [NEXT], rebuild=True)
            ingest(torn.settings, "events", [DAY], rebuild=True)
        except Killed:
            pass
        else:
            assert point == 12
    mended(torn)
    assert states(torn) == states(whole)
    assert accepted(torn) == accepted(whole)
    assert {name for name in torn.snapshot() if name.startswith(("archive", "incoming"))} == {
        name for name in whole.snapshot() if name.startswith(("archive", "incoming"))
    }


@pytest.fixture(scope="module")
def to_replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which thousands of records were rejected that are none under other settings."""
    drop = Drop(tmp_path_factory.mktemp("to_replay") / "data")
    for number in range(12):
        types = ["click", "swipe", "nope"]
        drop.lines(f"{number}.jsonl", [EVENT | {"event_id": f"{number}-{row}", "event_type": types[row % 3]}
                                       for row in range(3000)])  # fmt: skip
    for path in drop.folder().iterdir():
        os.utime(path, ns=(0, 1767700000_000000000))
    drop.ingest()
    return drop.settings.data_dir


@pytest.fixture(scope="module")
def replayed(to_replay: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What comes of it when nothing dies."""
    return dict(replay(shutil.copytree(to_replay, tmp_path_factory.mktemp("replayed") / "data")).snapshot())


def replay(folder: Path) -> Drop:
    drop = Drop(folder, event_types="click,swipe")
    ingest(drop.settings, "events", [DAY], rebuild=True)
    return drop


@pytest.mark.long
@pytest.mark.parametrize("attempt", range(6))
def test_a_replay_that_is_killed_at_any_moment_is_mended_by_the_next(
    to_replay: Path, replayed: dict[str, bytes], tmp_path: Path, attempt: int
) -> None:
    torn = shutil.copytree(to_replay, tmp_path / "torn")
    code = (
        "import sys; from datetime import date; from pathlib import Path; from user_activity.ingest import ingest; "
        "from user_activity.settings import Settings; print('ready', flush=True); "
        "settings = Settings(data_dir=Path(sys.argv[1]), event_types='click,swipe', _env_file=None); "
        "ingest(settings, 'events', [date(2026, 1, 5)], rebuild=True)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(torn)], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    time.sleep(0.1 + 0.25 * attempt)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    mended = replay(torn)
    assert mended.snapshot() == replayed
    assert len(mended.bad(state="replayed")) == 12_000
