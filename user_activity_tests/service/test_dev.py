"""`user-activity dev`: it says where the UI is, refuses a taken port, and leaves nothing behind."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from user_activity_tests.service.processes import HOST, USER_ACTIVITY, free_port, kill, tree, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_dev_announces_its_address_and_ends_with_its_children(ending: signal.Signals, tmp_path: Path) -> None:
    command = [*USER_ACTIVITY, "dev", "--port", str(free_port())]
    environment = {**os.environ, "USER_ACTIVITY_DATA_DIR": str(tmp_path / "data")}
    said = tmp_path / "said.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, stdout=log, cwd=tmp_path)
    started = []
    try:
        wait_for("the announcement", lambda: process.poll() is not None or "The Dagster UI is at" in said.read_text())
        assert f"http://{HOST}:{command[-1]}" in said.read_text()
        second = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert second.returncode == 2
        assert f"Port {command[-1]} is in use" in second.stderr
        elsewhere = subprocess.run(
            [*command[:-1], str(free_port())], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert elsewhere.returncode == 2
        assert f"Dagster already runs on {tmp_path / 'data'}" in elsewhere.stderr.replace("\n", " ")
        started = tree(process.pid)
        assert len(started) >= 4  # Dagster, its code server, the webserver, the daemon
        process.send_signal(ending)
        assert process.wait(60) == 0
        _, left = psutil.wait_procs(started, timeout=30)
        assert left == []
    finally:
        kill(started or tree(process.pid))
        process.wait(20)
