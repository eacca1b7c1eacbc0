"""Files that several processes share: whole or not at all, and locked for as long as a process lives."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from user_activity.files import aside, is_locked, locked, locked_if_free, write_texts


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_replaced_as_a_whole_whatever_is_read_meanwhile(tmp_path: Path) -> None:
    path, over, seen = tmp_path / "new" / "state.json", threading.Event(), set[str]()
    write_texts({path: "0" * 100_000})

    def read() -> None:
        while not over.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in "123456789":
        write_texts({path: number * 100_000})
    over.set()
    reader.join()
    assert all(len(text) == 100_000 and len(set(text)) == 1 for text in seen)
    assert names(path.parent) == {"state.json"}


def test_two_who_write_the_same_file_at_once_leave_one_of_both(tmp_path: Path) -> None:
    texts = [character * 1_000_000 for character in "abcd"]
    writers = [threading.Thread(target=write_texts, args=[{tmp_path / "same": text}]) for text in texts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (tmp_path / "same").read_text() in texts
    assert names(tmp_path) == {"same"}


def test_contents_are_on_the_disk_before_any_of_them_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (order.append("disk"), sync(file)))
    monkeypatch.setattr(os, "replace", lambda *paths: (order.append("name"), replace(*paths)))
    write_texts({tmp_path / name: name for name in "abc"})
    assert order == ["disk"] * 3 + ["name"] * 3


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    write_texts({tmp_path / "kept": "before"})
    with pytest.raises(UnicodeEncodeError):
        write_texts({tmp_path / "kept": "after", tmp_path / "wrong": "\ud800"})
    assert (tmp_path / "kept").read_text() == "before"
    assert names(tmp_path) == {"kept"}


def test_an_unfinished_file_has_a_name_that_readers_leave_out_however_long_its_own_is(tmp_path: Path) -> None:
    with aside(tmp_path) as temporary:
        temporary.write_text("half")
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".tmp"
    assert names(tmp_path) == set()
    write_texts({tmp_path / ("x" * 255): "whole"})


def test_a_lock_lives_as_long_as_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    code = (
        "import sys; from pathlib import Path; from user_activity.files import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    assert not is_locked(lock)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        assert is_locked(lock)
        with locked_if_free(lock) as free:
            assert not free
        process.kill()
        process.wait()
        assert not is_locked(lock)
        with locked_if_free(lock) as free:
            assert free


def test_who_asks_for_a_lock_does_not_seem_to_hold_it(tmp_path: Path) -> None:
    lock, held = tmp_path / "lock", set[bool]()
    lock.touch()
    asking = [threading.Thread(target=lambda: [held.add(is_locked(lock)) for _ in range(2000)]) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert held == {False}


def test_who_waits_goes_on_when_the_lock_is_free(tmp_path: Path) -> None:
    order: list[str] = []

    def wait() -> None:
        with locked(tmp_path / "lock"):
            order.append("second")

    with locked(tmp_path / "lock"):
        second = threading.Thread(target=wait)
        second.start()
        second.join(0.05)
        order.append("first")
    second.join()
    assert order == ["first", "second"]
