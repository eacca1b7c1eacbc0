"""`make release`: one commit and a tag with the version in every place, or one sentence and nothing changed."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMES = "pyproject.toml CHANGELOG.md Makefile .ci/release.py docker-compose.yml sql/dbt_project.yml docs/deployment.md"
DEPLOYED = [f"deploy/{name}" for name in ("Dockerfile", "compose.env.example", "helm-values.yaml", "kubernetes.yaml")]
(NOW,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of the files that a release changes, as they are now."""
    for name in (*NAMES.split(), *DEPLOYED):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Ann")
    git(tmp_path, "config", "user.email", "ann@example.com")
    write(tmp_path, "## [Unreleased]\n\n- Something that users see.\n\n## [0.0.1]\n\n- The first.\n")
    return tmp_path


def write(clone: Path, changelog: str) -> None:
    (clone / "CHANGELOG.md").write_text(changelog)
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "Change something")


def release(clone: Path, version: str) -> tuple[int, str]:
    command = ["make", "--silent", "release", f"VERSION={version}"]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if not re.match(r"make(\[\d+\])?: ", line)]
    return done.returncode, "\n".join([*done.stdout.splitlines(), *lines])


def test_a_release_is_a_commit_and_a_tag_with_the_version_in_every_place(clone: Path) -> None:
    assert release(clone, "7.8.9") == (0, "7.8.9 is committed and tagged. Next: git push --follow-tags")
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "-1", "--format=%s") == "Release 7.8.9"
    assert git(clone, "describe", "--exact-match") == "v7.8.9"
    today = datetime.now(UTC).date()
    assert (clone / "CHANGELOG.md").read_text() == (
        f"## [Unreleased]\n\n## [7.8.9] - {today}\n\n- Something that users see.\n\n## [0.0.1]\n\n- The first.\n"
    )
    changed = set(git(clone, "show", "--name-only", "--format=").splitlines())
    assert changed == {*NAMES.split(), *DEPLOYED} - {"Makefile", ".ci/release.py"}
    old = re.compile(rf"(user-activity:|VERSION\S*[-=]|tag: |version\W+){re.escape(NOW)}\b")
    assert not [name for name in changed if old.search((clone / name).read_text())]


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("", "Give the version as three numbers"),
        ("v7.8", "Give the version as three numbers"),
        (NOW, f"{NOW} is not after {NOW}"),
        ("0.0.9", "0.0.9 is not after"),
        ("7.8.9", "The working tree has changes"),
    ],
)
def test_a_release_that_cannot_be_made_changes_nothing(version: str, says: str, clone: Path) -> None:
    if version == "7.8.9":
        (clone / "new.txt").touch()
    before = git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD")
    code, said = release(clone, version)
    assert code != 0
    assert says in said
    assert len(said.splitlines()) == 1
    assert (git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD")) == before


def test_a_release_without_changes_is_refused(clone: Path) -> None:
    write(clone, "## [Unreleased]\n\n## [0.0.1]\n\n- The first.\n")
    assert "nothing under Unreleased" in release(clone, "7.8.9")[1]
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "tag") == ""


def test_a_place_that_says_another_version_is_named(clone: Path) -> None:
    (clone / "deploy" / "helm-values.yaml").write_text("tag: latest\n")
    write(clone, "## [Unreleased]\n\n- More.\n")
    assert "deploy/helm-values.yaml does not say" in release(clone, "7.8.9")[1]
    assert git(clone, "status", "--porcelain") == ""
