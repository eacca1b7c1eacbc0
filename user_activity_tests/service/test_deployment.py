"""The services of docker-compose.yml as plain processes: the very commands and environments of that file, on a real
PostgreSQL. Places alone are others: a folder for the volume, the checkout for the image, free ports of this machine.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from user_activity.settings import Settings
from user_activity_tests.deploy.compose import ROOT, needed, services
from user_activity_tests.platform import Platform, differences
from user_activity_tests.postgres import BINARIES, running_server
from user_activity_tests.service.processes import Service, events, free_port, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

PASSWORDS = {name: f"pass-of-{name.lower().replace('_', '-')}" for name in needed()}
FIRST = date(2025, 3, 3)
BACKFILLED = ("staging/stg_events", "marts/fct_events", "marts/fct_sessions", "metrics/daily_engagement")
BUILT = "select activity_date from metrics.daily_engagement where dau = 5"
DAYS = [FIRST + timedelta(days=number) for number in range(4)]
LAUNCH = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
BACKFILL = """query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
    status runs { runId status } } } }"""


@dataclass
class Deployment(Service):
    """The services of the compose file, each with its command and its environment."""

    server_port: int = 0
    code_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        places = {
            "@postgres:5432": f"@127.0.0.1:{self.server_port}",
            "/app": str(ROOT),
            "/data": str(self.folder),
            "0.0.0.0": "127.0.0.1",
        }
        self.services = {name: _moved(service, places) for name, service in services(PASSWORDS).items()}
        code = self.services["code"]["environment"]
        self.settings = Settings(
            _env_file=None,
            data_dir=self.folder,
            warehouse="postgres",
            warehouse_url=code["USER_ACTIVITY_WAREHOUSE_URL"],
            warehouse_reader_password=code["USER_ACTIVITY_WAREHOUSE_READER_PASSWORD"],
        )
        self.environment = self._environment("code")  # in which `query` asks, too

    def _environment(self, name: str) -> dict[str, str]:
        outside = {key: value for key, value in os.environ.items() if not key.startswith(("USER_ACTIVITY_", "DAGSTER"))}
        inside = self.services[name]["environment"] | {"DAGSTER_CODE_HOST": "127.0.0.1"}
        return outside | inside | {
            "DAGSTER_CODE_PORT": str(self.code_port),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "USER_ACTIVITY_SETTLE_SECONDS": "0.5",
            "USER_ACTIVITY_SENSOR_INTERVAL_SECONDS": "1",
        }  # fmt: skip

    def up(self, name: str) -> subprocess.Popen[bytes]:
        """Start a service as the engine would."""
        ports = {"--port=4000": f"--port={self.code_port}", "--port=3000": f"--port={self.port}"}
        command = [ports.get(argument, argument) for argument in self.services[name]["command"]]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self._environment(name), stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        self.running[name] = process
        return process

    def healthy(self, name: str) -> bool:
        """What the engine asks the service."""
        assert self.running[name].poll() is None, (self.folder / f"{name}.log").read_text()[-3000:]
        words = self.services[name]["healthcheck"]["test"][1:]
        ports = {"--port=4000": f"--port={self.code_port}"}
        command = [ports.get(word, word).replace(":3000/", f":{self.port}/") for word in words]
        asked = subprocess.run(command, env=self._environment(name), capture_output=True, check=False, timeout=60)
        return asked.returncode == 0


def _moved(value: Any, places: dict[str, str]) -> Any:
    """A value of the compose file with its places exchanged."""
    if isinstance(value, dict):
        return {name: _moved(each, places) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, places) for each in value]
    for place, other in places.items():
        value = value.replace(place, other) if isinstance(value, str) else value
    return value


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running_server() as server:
        folder = tmp_path_factory.mktemp("deployment")
        command = [BINARIES / "psql", "-X", "-q", "-f", ROOT / "deploy/postgres/init.sql", server.url("postgres")]
        subprocess.run(command, env=os.environ | PASSWORDS, check=True)
        deployed = Deployment(folder, server_port=server.port)
        try:
            assert deployed.up("migration").wait(200) == 0, (folder / "migration.log").read_text()
            for name in ("code", "webserver", "daemon"):
                deployed.running.pop("migration", None)
                deployed.up(name)
                wait_for(name, lambda name=name: deployed.healthy(name))
            yield deployed
        finally:
            deployed.stop()


def states(deployment: Deployment) -> dict[str, tuple[str, str]]:
    """Job and state of every run, but for those that only record runs."""
    found = deployment.graphql("{ runsOrError { ... on Runs { results { runId jobName status } } } }")
    runs = found["runsOrError"]["results"]
    return {run["runId"]: (run["jobName"], run["status"].lower()) for run in runs if run["jobName"] != "record_runs"}


def test_a_dropped_file_is_taken_in_and_built(deployment: Deployment) -> None:
    for day in DAYS:
        deployment.drop("events", day, f"{day}.jsonl", events(day, users=5))
    wait_for("the build", lambda: len(deployment.query(BUILT)) == len(DAYS))
    assert {run["status"] for run in deployment.runs("ingest_events")} == {"SUCCESS"}


def test_a_backfill_survives_the_death_of_daemon_and_code_server(deployment: Deployment) -> None:
    wait_for("quiet", lambda: {state for _, state in states(deployment).values()} == {"success"})
    before = set(states(deployment))
    launched = deployment.graphql(
        LAUNCH,
        params={
            "assetSelection": [{"path": path.split("/")} for path in BACKFILLED],
            "partitionNames": [str(FIRST + timedelta(days=number)) for number in range(-3, 7)],
        },
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched

    def begun() -> list[str]:
        return [run for run, (_, state) in states(deployment).items() if run not in before and state == "started"]

    (killed,) = wait_for("the backfill's run", begun)
    for name in ("daemon", "code"):
        deployment.kill(name)
    assert states(deployment)[killed][1] == "started"
    for name in ("code", "daemon"):
        deployment.up(name)
        wait_for(name, lambda name=name: deployment.healthy(name))

    # Dagster marks the run as failed, and starts it again under the same backfill.
    def ended() -> dict[str, Any]:
        found = deployment.graphql(BACKFILL, id=launched["backfillId"])["partitionBackfillOrError"]
        return dict(found) if found["status"].startswith(("COMPLETED", "FAILED")) else {}

    backfill = wait_for("the backfill", ended)
    assert backfill["status"] == "COMPLETED_SUCCESS"
    assert {run["runId"] == killed: run["status"] for run in backfill["runs"]} == {True: "FAILURE", False: "SUCCESS"}


def test_then_everything_is_right(deployment: Deployment, tmp_path: Path) -> None:
    wait_for("quiet", lambda: {state for _, state in states(deployment).values()} <= {"success", "failure"})
    settings = deployment.services["code"]["environment"]
    deployed = Platform(deployment.folder, warehouse="postgres", warehouse_url=settings["USER_ACTIVITY_WAREHOUSE_URL"])
    clean = Platform(tmp_path)
    for day in DAYS:
        rows = "".join(json.dumps(row) + "\n" for row in events(day, users=5))
        clean.drop("events", day, f"{day}.jsonl", rows.encode())
    clean.run()
    assert differences(deployed.tables(lineage=False), clean.tables(lineage=False)) == {}
    assert sum(len(rows) for rows in clean.tables().values()) > len(DAYS) * 5

    def recorded() -> bool:
        told = deployed.query("select run_id, job, state from audit.pipeline_runs")
        return {run: (job, state) for run, job, state in told} == states(deployment)

    wait_for("the recording", recorded)


def test_no_file_holds_a_password(deployment: Deployment) -> None:
    for path in deployment.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [name for name, word in PASSWORDS.items() if word.encode() in content], path


def test_what_the_services_write_is_their_users_alone(deployment: Deployment) -> None:
    ours = [path for path in deployment.folder.rglob("*") if not path.name.startswith(tuple(deployment.services))]
    open_to_others = [path for path in ours if path.exists() and path.stat().st_mode & 0o077]
    dropped = {deployment.settings.incoming_dir / "events", *(deployment.settings.incoming_dir / "events").glob("*")}
    assert set(open_to_others) <= dropped


def test_the_daemon_and_the_webserver_are_well(deployment: Deployment) -> None:
    for name in ("code", "webserver", "daemon"):
        assert deployment.healthy(name)
