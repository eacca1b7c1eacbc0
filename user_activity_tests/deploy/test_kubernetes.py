"""The files for Kubernetes run the same image with the same settings and commands as docker-compose.yml."""

import re
from typing import Any

import pytest
import yaml

from user_activity.settings import Settings
from user_activity_tests.deploy.compose import ROOT, needed, services

COMPOSE = services(dict.fromkeys(needed(), "given"))
VALUES = yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text())
CLAIM, JOB = yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text())
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]
PODS = {"code": CODE, "webserver": VALUES["dagsterWebserver"], "daemon": VALUES["dagsterDaemon"]}
MIGRATION = JOB["spec"]["template"]["spec"]
DOC = (ROOT / "docs" / "deployment.md").read_text()
IN_THE_SECRET = set(re.findall(r"--from-literal=([\w-]+)=", DOC))


def environment(pod: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in pod["env"]}


@pytest.mark.parametrize("name", PODS)
def test_a_pod_has_the_settings_of_its_service(name: str) -> None:
    given = environment(PODS[name])
    service = COMPOSE[name]["environment"]
    elsewhere = {
        "USER_ACTIVITY_WAREHOUSE_READER",
        "DAGSTER_CODE_HOST",
        "DAGSTER_CODE_PORT",
    }  # a default; the chart's own
    assert set(given) | IN_THE_SECRET >= set(service) - elsewhere
    same = set(given) - {"USER_ACTIVITY_UI_URL"}
    assert {key: given[key] for key in same} == {key: service[key] for key in same}


@pytest.mark.parametrize("name", PODS)
def test_a_pod_can_do_little_and_shares_the_data(name: str) -> None:
    pod = PODS[name]
    assert pod["podSecurityContext"]["runAsNonRoot"] is True
    assert (
        f"{pod['podSecurityContext']['runAsUser']}:{pod['podSecurityContext']['runAsGroup']}" == COMPOSE[name]["user"]
    )
    assert pod["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {mount["mountPath"] for mount in pod["volumeMounts"]} == {"/data", "/tmp"}
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if "emptyDir" not in volume]
    assert claims == [CLAIM["metadata"]["name"]]
    assert pod["resources"]["limits"]["memory"]


def test_one_image_everywhere() -> None:
    images = {f"{pod['image']['repository']}:{pod['image']['tag']}" for pod in PODS.values()}
    assert images | {MIGRATION["containers"][0]["image"]} == {COMPOSE["code"]["image"]}


def test_the_migration_is_that_of_compose() -> None:
    (container,) = MIGRATION["containers"]
    assert container["command"] == COMPOSE["migration"]["command"]
    assert MIGRATION["securityContext"] == PODS["code"]["podSecurityContext"]
    assert container["securityContext"] == PODS["code"]["securityContext"]


def test_the_code_is_served_as_in_compose() -> None:
    served = [*CODE["dagsterApiGrpcArgs"], "--host=0.0.0.0", f"--port={CODE['port']}"]
    assert ["dagster", "api", "grpc", *served] == COMPOSE["code"]["command"]


def test_secrets_are_settings_and_stand_in_no_file() -> None:
    known = {f"USER_ACTIVITY_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in IN_THE_SECRET if name.isupper()} <= known
    named = {entry["name"] for pod in PODS.values() for entry in pod["envSecrets"]}
    named |= {entry["secretRef"]["name"] for entry in MIGRATION["containers"][0]["envFrom"]}
    assert (
        named == {VALUES["global"]["postgresqlSecretName"]} == set(re.findall(r"create secret generic ([\w-]+)", DOC))
    )
    assert "postgresqlPassword" not in VALUES["postgresql"]
    assert not any("PASSWORD" in name or "URL" in name for name in environment(CODE) if name != "USER_ACTIVITY_UI_URL")


def test_the_chart_is_of_the_release_that_is_installed() -> None:
    (release,) = re.findall(r'"dagster==([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    text = (ROOT / "deploy" / "helm-values.yaml").read_text() + DOC
    assert set(re.findall(r"--version ([\d.]+)", text)) == {release}
