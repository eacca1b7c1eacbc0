"""Ctrl-C in a terminal: once to stop after the step at work, twice to stop at once; the next run goes on from there."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from user_activity_tests.platform import Platform

AT_WORK = "ingest events"  # the first progress bar of a job
LONGEST_WAIT = 120.0
EVENT = b'{"event_id": "e%d", "user_id": "ann", "event_type": "click", "event_at": "2025-01-0%dT10:00:00Z"}\n'


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self.process, self._screen, self.text = process, screen, ""

    def wait_for(self, words: str) -> None:
        """Read what appears until these words do."""
        deadline = time.monotonic() + LONGEST_WAIT
        while words not in self.text:
            assert time.monotonic() < deadline, self.text
            assert self._read() or self.process.poll() is None, self.text

    def press(self) -> None:
        """Ctrl-C."""
        os.write(self._screen, b"\x03")

    def end(self) -> int:
        """The exit code, once all is read."""
        deadline = time.monotonic() + LONGEST_WAIT
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.text
            self._read()
        while self._read():
            pass
        return self.process.returncode

    def _read(self) -> bool:
        """Whether there was something to read."""
        if not select.select([self._screen], [], [], 0.2)[0]:
            return False
        try:
            self.text += os.read(self._screen, 65_536).decode(errors="replace")
        except OSError:  # nobody is at the other end any more
            time.sleep(0.05)
            return False
        return True


@contextmanager
def at_a_terminal(platform: Platform, *arguments: str) -> Iterator[Terminal]:
    screen, other_end = pty.openpty()
    environment = {**os.environ, "USER_ACTIVITY_DATA_DIR": str(platform.settings.data_dir), "COLUMNS": "200"}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("user-activity")), *arguments],
        stdin=other_end,
        stdout=other_end,
        stderr=other_end,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(other_end), os.O_RDWR)),  # makes it the controlling terminal
    )
    os.close(other_end)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


@pytest.fixture
def shop(tmp_path: Path) -> Platform:
    """Some files that wait."""
    platform = Platform(tmp_path / "data")
    for day in range(1, 4):
        platform.drop("events", platform.settings.start_date.replace(day=day), "a.jsonl", EVENT % (day, day))
    return platform


@pytest.mark.long
def test_ctrl_c_stops_after_the_step_and_twice_at_once(shop: Platform) -> None:
    with at_a_terminal(shop, "run") as terminal:
        terminal.wait_for(AT_WORK)
        terminal.press()
        terminal.wait_for("Stopping after this step")
        assert terminal.end() == 130
    assert "Completed work is kept" in terminal.text
    with at_a_terminal(shop, "run") as terminal:
        terminal.wait_for("models")
        terminal.press()
        terminal.wait_for("Stopping after this step")
        terminal.press()
        assert terminal.end() == 130
    assert "Stopped at once" in terminal.text
    assert "rebuilt" not in terminal.text
    shop.run()
    assert shop.query("select count(*) from marts.fct_events") == [(3,)]


def test_a_signal_that_another_thread_receives_is_heard_while_it_works() -> None:
    code = """
import signal, threading, time
from user_activity.cli.interrupts import stop, stoppable

@stoppable
def command():
    stop.at_work.set()
    time.sleep(0.5)  # until the main thread waits
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    print("heard" if stop.asked.wait(10) else "deaf")

command()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "heard\n"
    assert "Stopping after this step" in done.stderr


@pytest.mark.long
def test_a_command_that_only_waits_or_begins_ends_with_the_first_press(shop: Platform) -> None:
    lock = shop.settings.data_dir / ".run.lock"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom user_activity.files import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout
            holder.stdout.readline()
            with at_a_terminal(shop, "run") as terminal:
                terminal.wait_for("waiting for it to finish")
                terminal.press()
                assert terminal.end() == 130
        finally:
            holder.kill()


@pytest.mark.long
def test_sigterm_is_heard_like_ctrl_c_and_nothing_more_is_begun(shop: Platform) -> None:
    shop.drop("users", shop.settings.start_date, "u.jsonl", b'{"user_id": "ann", "updated_at": "2025-01-01"}\n')
    with at_a_terminal(shop, "run") as terminal:
        terminal.wait_for(AT_WORK)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 130
    assert not (shop.settings.warehouse_dir / "user_activity.duckdb").exists() or not shop.query(
        "select 1 from information_schema.tables where table_name = 'fct_events'"
    )
