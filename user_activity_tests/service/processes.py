"""The webserver and the daemon as an operator starts them, on a port of this machine that is free."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import psutil

from user_activity.cli.output import Problem
from user_activity.cli.query import ask
from user_activity.orchestration.instance.home import EVENTS_IN_A_BATCH, WORKSPACE, open_instance
from user_activity.settings import Settings
from user_activity.warehouse import WarehouseBusy, WarehouseUnreachable

Answer = TypeVar("Answer")
HOST = "127.0.0.1"
PATIENCE = 240  # seconds; a busy machine takes its time
USER_ACTIVITY = [sys.executable, "-c", "from user_activity.cli import main; main()"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, ask: Callable[[], Answer], seconds: float = PATIENCE) -> Answer:
    """The first answer that is true."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.3)


def tree(pid: int) -> list[psutil.Process]:
    """A process and all that it started."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=20)


@dataclass
class Service:
    """One instance of the platform, with its data in a folder of its own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = Settings(_env_file=None, data_dir=self.folder)
        home = os.environ.get("DAGSTER_HOME")
        open_instance(self.settings).dispose()
        os.environ.pop("DAGSTER_HOME") if home is None else os.environ.update(DAGSTER_HOME=home)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("USER_ACTIVITY_")},
            "DAGSTER_HOME": str(self.settings.dagster_home),
            "DAGSTER_EVENT_BATCH_SIZE": EVENTS_IN_A_BATCH,
            "USER_ACTIVITY_DATA_DIR": str(self.folder),
            "USER_ACTIVITY_SETTLE_SECONDS": "0.5",
            "USER_ACTIVITY_SENSOR_INTERVAL_SECONDS": "1",
            **self.environment,
        }

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments], env=self.environment, stdout=log, stderr=log, cwd=self.folder
            )

    def start_webserver(self) -> None:
        self.start("webserver", "dagster_webserver", "-w", str(WORKSPACE), "-h", HOST, "-p", str(self.port))
        wait_for("the webserver", self.answers)

    def start_daemon(self) -> None:
        self.start("daemon", "dagster._daemon", "run", "-w", str(WORKSPACE))

    def kill(self, name: str) -> None:
        """End a process as a crash would, with all that it started."""
        process = self.running.pop(name)
        kill(tree(process.pid))
        process.wait(20)

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)

    def answers(self) -> bool:
        assert all(process.poll() is None for process in self.running.values()), "a process ended by itself"
        with suppress(urllib.error.URLError, OSError):
            return bool(urllib.request.urlopen(f"{self.url}/server_info", timeout=5).status == 200)
        return False

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        answer = json.loads(urllib.request.urlopen(request, timeout=60).read())
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def runs(self, job: str, **more: Any) -> list[dict[str, Any]]:
        """The runs of a job, the latest first."""
        found = self.graphql(
            """query($filter: RunsFilter) { runsOrError(filter: $filter) { ... on Runs { results {
                runId status jobName tags { key value } assetSelection { path } } } } }""",
            filter={"pipelineName": job, **more},
        )
        return list(found["runsOrError"]["results"])

    def drop(self, source: str, day: date, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
        """Write a file as another program would, under its final name."""
        folder = self.settings.incoming_dir / source / day.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return folder / name

    def query(self, sql: str) -> list[dict[str, Any]]:
        """What `user-activity query --json` finds; nothing while there is no such table yet.

        Asked in this process: one command after the other would take the services' processor while they are waited for.
        """
        try:
            found = ask(self.settings, sql).records()
        except (FileNotFoundError, Problem, WarehouseBusy, WarehouseUnreachable):
            return []
        return list(json.loads(json.dumps(found, default=str)))


def events(day: date, users: int, first: int = 0) -> list[dict[str, Any]]:
    """A page view a user."""
    return [
        {
            "event_id": f"{day}-{number}",
            "user_id": f"user-{number}",
            "event_type": "page_view",
            "event_at": f"{day}T{number % 24:02}:00:00Z",
            "page_url": "https://shop.example/",
        }
        for number in range(first, first + users)
    ]
