"""Dagster's runs on a server: commands work there as on files, and say in a sentence where it cannot be reached."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from user_activity.cli import main
from user_activity.orchestration.instance.home import TEMPLATE, WORKSPACE
from user_activity_tests.platform import Platform
from user_activity_tests.postgres import Server, running_server

DAY = date(2025, 1, 10)
EVENT = b'{"event_id": "e1", "user_id": "ann", "event_type": "page_view", "event_at": "2025-01-10T10:00:00Z"}'


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("USER_ACTIVITY_DATA_DIR", str(tmp_path / "data"))
    for name in ("DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE", "USER_ACTIVITY_DAGSTER_URL"):
        monkeypatch.setenv(name, "")


def called(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0), *capfd.readouterr()


@pytest.mark.long
def test_commands_work_on_it_and_leave_no_runs_in_files(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("USER_ACTIVITY_DAGSTER_URL", server.fresh_database("runs"))
    code, out, _ = called(capfd, "status", "--json")
    assert (code, json.loads(out)["latest_runs"]) == (0, [])
    for _ in range(2):
        assert called(capfd, "migrate")[0] == 0
    Platform(tmp_path / "data").drop("events", DAY, "a.jsonl", EVENT)
    assert called(capfd, "run")[0] == 0
    code, out, _ = called(capfd, "status", "--json")
    assert [(run["job"], run["state"]) for run in json.loads(out)["latest_runs"]] == [
        ("build_models", "success"),
        ("ingest_events", "success"),
    ]
    home = tmp_path / "data" / "dagster"
    assert not [path.name for path in home.rglob("*.db")]
    assert not [
        path for path in tmp_path.rglob("*") if path.is_file() and server.password.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("command", ["status", "run", "migrate"])
def test_a_server_that_is_not_there_is_told_in_a_sentence(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    Platform(tmp_path / "data").drop("events", DAY, "a.jsonl", EVENT)
    monkeypatch.setenv("USER_ACTIVITY_DAGSTER_URL", "postgresql://me:s3cret@127.0.0.1:1/x")
    code, out, err = called(capfd, command)
    assert code == 1
    assert (
        "PostgreSQL at 127.0.0.1:1/x cannot be used for Dagster's runs: Connection refused. "
        "Start the server, or correct USER_ACTIVITY_DAGSTER_URL."
        in err.replace("\n", " ").split("Is the server")[0]
        + err
    )
    assert out == ""
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


def test_a_server_that_lets_nobody_in_and_an_address_that_is_none_are_told_without_the_password(
    server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for url, reason in (
        (server.url("postgres", password="s3cret"), 'password authentication failed for user "postgres"'),
        (server.url("nowhere"), 'database "nowhere" does not exist'),
        ("mysql://me:s3cret@host/x", "cannot be read"),
        ("postgresql://me:s3cret@host:port/x", "cannot be read"),
        ("postgresql://me:s3@cret/x@host/x", "cannot be read"),
        ("s3cret", "cannot be read"),
    ):
        monkeypatch.setenv("USER_ACTIVITY_DAGSTER_URL", url)
        code, out, err = called(capfd, "status")
        assert code == 1
        assert reason in err
        assert "USER_ACTIVITY_DAGSTER_URL" in err
        assert "cret" not in out + err
        assert server.password not in out + err


@pytest.mark.long
def test_so_a_daemon_is_told_when_the_server_does_not_come(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text(TEMPLATE.read_text())
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path)}
    environment["USER_ACTIVITY_DAGSTER_URL"] = "postgresql://me:s3cret@127.0.0.1:1/x"
    command = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(WORKSPACE)]
    ended = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=200
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "Connection refused. Start the server, or correct USER_ACTIVITY_DAGSTER_URL." in said.splitlines()[-1]
    assert "s3cret" not in said
