"""The files that make containers: their forms, as far as a program here knows them, and what keeps them safe."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml

from user_activity_tests.deploy.compose import COMPOSE, ROOT, VARIABLE, example_names, needed, services
from user_activity_tests.postgres import BINARIES, running_server

GIVEN = {name: f"given-{name.lower()}" for name in needed()}
ALL = services(GIVEN)
OURS = {name: service for name, service in ALL.items() if service["image"].startswith("user-activity:")}
ONCE = "migration"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"


def program(name: str) -> str:
    """A program that was installed with this Python."""
    return str(Path(sys.executable).parent / name)


def test_the_compose_file_has_the_form_of_one() -> None:
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_linter_finds_nothing_in_the_dockerfile() -> None:
    checked = subprocess.run([program("hadolint"), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_all_services_are_there() -> None:
    always = {name for name, service in ALL.items() if "profiles" not in service}
    assert always == {"postgres", "migration", "code", "webserver", "daemon"}
    assert {"grafana", "pgadmin", "webserver-read-only"} == set(ALL) - always


def test_every_password_must_be_given_and_none_has_a_default() -> None:
    secret = re.compile(r"PASSWORD|SECRET|TOKEN")
    assert {name for name, _, _ in VARIABLE.findall(COMPOSE.read_text()) if secret.search(name)} == needed()
    for name in needed():
        with pytest.raises(KeyError, match=name):
            services(GIVEN | {name: ""})
    for name, service in ALL.items():
        for setting, value in service["environment"].items():
            if secret.search(setting):
                assert value in GIVEN.values(), f"{name}: {setting}"
            elif "postgresql://" in str(value):
                assert re.search(r"//\w+:given-\w+@", value), f"{name}: {setting}"


def test_the_example_names_every_variable() -> None:
    must, may = example_names()
    assert must == needed()
    assert must | may == {name for name, _, _ in VARIABLE.findall(COMPOSE.read_text())}


def test_what_is_filled_in_is_not_tracked() -> None:
    ignored = subprocess.run(
        ["git", "check-ignore", "deploy/compose.env", "deploy/settings.env"], cwd=ROOT, capture_output=True, check=False
    )
    assert ignored.returncode == 0


@pytest.mark.parametrize("name", ALL)
def test_ports_are_opened_on_this_machine_alone(name: str) -> None:
    for port in ALL[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


def test_no_two_services_open_the_same_port() -> None:
    opened = [port.split(":")[1] for service in ALL.values() for port in service.get("ports", [])]
    assert len(opened) == len(set(opened)) == 5


def test_images_are_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert len(set(bases)) == 1
    for image in [*bases, *(service["image"] for service in ALL.values())]:
        assert re.fullmatch(r"[\w./-]+:\d+\.\d[\w.-]*", image), image


@pytest.mark.parametrize("name", ALL)
def test_a_service_is_watched_and_started_again(name: str) -> None:
    service = ALL[name]
    if name == ONCE:
        assert service["healthcheck"] == {"disable": True}
        assert service["restart"].startswith("on-failure")
    else:
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_do_little(name: str) -> None:
    service = OURS[name]
    assert int(service["user"].split(":")[0]) > 0
    assert service["read_only"] is service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["volumes"] == ["data:/data"]
    assert "DAGSTER_IS_DEV_CLI" not in service["environment"]


def test_the_image_runs_as_the_user_that_owns_the_data() -> None:
    text = DOCKERFILE.read_text()
    (user,) = re.findall(r"^USER (\S+)$", text, re.MULTILINE)
    assert {service["user"] for service in OURS.values()} == {user}
    assert f"useradd --uid {user.split(':')[0]} " in text


def test_others_wait_for_the_migration_and_it_for_the_server() -> None:
    def before(name: str) -> set[str]:
        found = set(ALL[name].get("depends_on", {}))
        return found.union(*map(before, found))

    assert ALL["migration"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert ALL["code"]["depends_on"] == {"migration": {"condition": "service_completed_successfully"}}
    assert all(
        "migration" in before(name) for name in ("code", "webserver", "daemon", "webserver-read-only", "grafana")
    )


def test_files_that_are_mounted_are_there() -> None:
    sources = [mount.split(":") for service in ALL.values() for mount in service["volumes"] if mount.startswith("./")]
    assert len(sources) == 3
    assert all((ROOT / source).exists() and mode == "ro" for source, _, mode in sources)


def test_grafana_gets_what_its_data_source_asks_for() -> None:
    asked = (ROOT / "deploy/grafana/provisioning/datasources/warehouse.yaml").read_text()
    names = set(re.findall(r"^[^#]*?\$([A-Z_]+)", asked, re.MULTILINE)) - {"NAME"}
    assert names
    assert names <= set(ALL["grafana"]["environment"])


def test_the_image_is_made_of_what_the_platform_needs_and_nothing_else() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text(), re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert rules[0] == "*"
    assert copied == allowed
    assert all((ROOT / name).exists() for name in allowed)
    assert not {"data", ".git", ".env", "user_activity_tests"} & allowed


@pytest.fixture(scope="module")
def databases() -> Any:
    """A server on which the file has run that the image runs once."""
    environment = os.environ | {"WAREHOUSE_PASSWORD": "o'wner:1", "DAGSTER_PASSWORD": "d"}
    with running_server() as server:
        script = ROOT / "deploy" / "postgres" / "init.sql"
        command = [BINARIES / "psql", "--no-psqlrc", "--quiet", f"--file={script}", server.url("postgres")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        yield server


def test_each_database_has_its_owner(databases: Any) -> None:
    for database, owner, password in (("warehouse", "user_activity", "o%27wner%3A1"), ("dagster", "dagster", "d")):
        with psycopg2.connect(databases.url(database, owner, password)) as connection, connection.cursor() as cursor:
            cursor.execute("create schema mine")
            cursor.execute("select rolsuper from pg_roles where rolname = current_user")
            assert cursor.fetchone() == (False,)
        connection.close()


def test_the_warehouses_owner_is_kept_from_dagsters_database(databases: Any) -> None:
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        psycopg2.connect(databases.url("dagster", "user_activity", "o%27wner%3A1"))


def test_the_workspace_names_the_code_location_by_the_environment() -> None:
    (entry,) = yaml.safe_load((ROOT / "deploy" / "workspace.yaml").read_text())["load_from"]
    server = entry["grpc_server"]
    names = {server["host"]["env"], server["port"]["env"]}
    assert all(names <= set(service["environment"]) for service in OURS.values())
    assert OURS["code"]["environment"][server["host"]["env"]] == "code"
    assert f"--port={OURS['code']['environment'][server['port']['env']]}" in OURS["code"]["command"]
