"""``make release VERSION=1.2.3``: give a release its number and date, commit that, and tag it. Nothing is pushed.

Belongs here: where the version stands. Does not belong here: whether the release is good; the tests say that before.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

CHANGELOG = Path("CHANGELOG.md")
UNRELEASED = "## [Unreleased]\n"
STANDS_IN = {
    "pyproject.toml": '\nversion = "{}"\n',
    "sql/dbt_project.yml": '\nversion: "{}"\n',
    "docker-compose.yml": "{{USER_ACTIVITY_VERSION:-{}}}",
    "deploy/Dockerfile": "user-activity:{}",
    "deploy/compose.env.example": "USER_ACTIVITY_VERSION={}\n",
    "deploy/helm-values.yaml": "tag: {}\n",
    "deploy/kubernetes.yaml": "user-activity:{}",
    "docs/deployment.md": "user-activity:{}",
}


def main(version: str) -> None:
    """Write, commit and tag; exits with one sentence, and nothing changed, where the release cannot be made."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        sys.exit("Give the version as three numbers: make release VERSION=1.2.3.")
    if git("status", "--porcelain"):
        sys.exit("The working tree has changes: commit or stash them, then release.")
    (before,) = re.findall(r'^version = "(.+)"$', Path("pyproject.toml").read_text(), re.MULTILINE)
    if numbers(version) <= numbers(before):
        sys.exit(f"{version} is not after {before}, the version in pyproject.toml: choose a higher one.")
    if git("tag", "--list", f"v{version}"):
        sys.exit(f"The tag v{version} exists already: choose a higher version.")
    texts = {Path(name): replaced(Path(name), phrase, before, version) for name, phrase in STANDS_IN.items()}
    texts[CHANGELOG] = dated(version)
    for path, text in texts.items():
        path.write_text(text)
    git("commit", "--quiet", "--message", f"Release {version}", *map(str, texts))
    git("tag", "--annotate", f"v{version}", "--message", version)
    print(f"{version} is committed and tagged. Next: git push --follow-tags")


def replaced(path: Path, phrase: str, before: str, version: str) -> str:
    """A file's text with the new version in the place of the old one."""
    text, old = path.read_text(), phrase.format(before)
    if old not in text:
        sys.exit(f"{path} does not say {old.strip()!r}: correct its version, or .ci/release.py.")
    return text.replace(old, phrase.format(version))


def dated(version: str) -> str:
    """The changelog, with what is unreleased under the version and today's date (UTC)."""
    text = CHANGELOG.read_text()
    changes = text.partition(UNRELEASED)[2].partition("\n## [")[0]
    if not changes.strip():
        sys.exit("CHANGELOG.md has nothing under Unreleased: say what changes for users, and commit that.")
    return text.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {datetime.now(UTC).date()}\n", 1)


def numbers(version: str) -> list[int]:
    """A version, to be compared."""
    return [int(number) for number in version.split(".")]


def git(*arguments: str) -> str:
    """What git says; where it fails, this ends with its words."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    main(*sys.argv[1:])
