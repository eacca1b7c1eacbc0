"""The runbook's commands, run as they stand there on a platform that then loses everything."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
import typer

from user_activity.cli import app
from user_activity.simulate import simulate
from user_activity_tests.platform import Platform, differences
from user_activity_tests.postgres import BINARIES, Server, running_server

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
BLOCKS = dict(re.findall(r"<!-- run: (.+?) -->\n```sh\n(.+?)^```", RUNBOOK, re.MULTILINE | re.DOTALL))
FENCED = "\n".join(re.findall(r"^```sh\n(.+?)^```", RUNBOOK, re.MULTILINE | re.DOTALL))
LINES = dict.fromkeys(re.findall(r"^user-activity .+$", FENCED, re.MULTILINE))
COMMANDS = [list(words) for words in dict.fromkeys(tuple(shlex.split(line, comments=True)[1:]) for line in LINES)]
QUERIES = [arguments[1] for arguments in COMMANDS if arguments[0] == "query"]
OURS = ("USER_ACTIVITY_", "DAGSTER")
FIRST, DAYS = date(2025, 1, 6), 4
REPAIRED = 3  # exit code of a run that rejected records: the simulated shop is messy


@dataclass
class Site:
    """A platform as an operator has it: a data folder, a folder for backups, databases, and a shell."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    empty_databases: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        (self.folder / "backup").mkdir(parents=True)
        (self.folder / "bin").mkdir()
        command = self.folder / "bin" / "user-activity"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from user_activity.cli import main; main()" "$@"\n')
        command.chmod(0o755)
        self.platform = Platform(self.folder / "data", **self.settings)

    def run(self, block: str, **more: str) -> str:
        """Do what a block of the runbook says; what it printed."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", BLOCKS[block]],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(OURS)},
                "PATH": f"{self.folder / 'bin'}:{BINARIES}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "DATA": str(self.folder / "data"),
                "BACKUP": str(self.folder / "backup"),
                "USER_ACTIVITY_DATA_DIR": str(self.folder / "data"),
                **{f"USER_ACTIVITY_{name.upper()}": value for name, value in self.settings.items()},
                **self.addresses,
                **more,
            },
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode in (0, REPAIRED), f"{block} ended with {done.returncode}: {said}"
        return said

    def lose_everything(self) -> None:
        shutil.rmtree(self.folder / "data")
        self.empty_databases()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


@pytest.fixture(params=["duckdb", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    if request.param == "duckdb":
        return Site(tmp_path)
    server: Server = request.getfixturevalue("server")

    def empty_databases() -> None:
        for name in ("warehouse", "dagster"):
            server.fresh_database(name)
        server.execute("drop role if exists runbook_reader")

    empty_databases()
    (tmp_path / "pgpass").write_text(f"127.0.0.1:{server.port}:*:postgres:{server.password}\n")
    (tmp_path / "pgpass").chmod(0o600)
    return Site(
        tmp_path / "site",
        {
            "warehouse": "postgres",
            "warehouse_url": server.url("warehouse"),
            "warehouse_reader": "runbook_reader",
            "warehouse_reader_password": "only to read",
            "dagster_url": server.url("dagster"),
        },
        {
            "WAREHOUSE": f"postgresql://postgres@127.0.0.1:{server.port}/warehouse",
            "DAGSTER": f"postgresql://postgres@127.0.0.1:{server.port}/dagster",
            "PGPASSFILE": str(tmp_path / "pgpass"),
        },
        empty_databases,
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    simulate(folder, start=FIRST, days=DAYS, events=400, seed=3, messy=0.02)
    return folder


def drop(platform: Platform, shop: Path, first: int, last: int) -> None:
    """Put the files of some of the shop's days where a sender would."""
    days = [str(FIRST + timedelta(days=number)) for number in range(first, last)]
    for path in sorted(path for path in shop.rglob("*") if path.is_file()):
        source, day = path.relative_to(shop).parts[:2]
        if day in days:
            platform.drop(source, date.fromisoformat(day), path.name, path.read_bytes())


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_of_the_runbook_exists_with_its_options(arguments: list[str]) -> None:
    dates = {"$FIRST": "2025-01-01", "$LAST": "2025-01-02"}
    command, given = typer.main.get_command(app), [dates.get(each, each) for each in arguments]
    while hasattr(command, "commands"):
        command, given = command.commands[given[0]], given[1:]
    with command.make_context(str(command.name), given) as read:
        assert read.command.name == command.name


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_what_was_saved_is_there_again_and_goes_on_as_if_nothing_had_happened(site: Site, shop: Path) -> None:
    engine = site.settings.get("warehouse", "duckdb")
    drop(site.platform, shop, 0, DAYS - 2)
    site.platform.run()
    saved = site.platform.tables()
    site.run(f"backup {engine}")
    drop(site.platform, shop, DAYS - 2, DAYS)
    site.platform.run()
    complete = site.platform.tables(lineage=False)
    assert differences(complete, {name: rows for name, rows in saved.items() if name in complete})

    site.lose_everything()
    assert "Nothing new: 0 rows changed." in site.run(f"restore {engine}")
    assert not differences(site.platform.tables(), saved)
    assert site.platform.query("select count(*) from audit.pipeline_runs") > [(0,)]
    for query in QUERIES:
        site.platform.query(query)

    drop(site.platform, shop, DAYS - 2, DAYS)
    site.platform.run()
    assert not differences(site.platform.tables(lineage=False), complete)

    site.empty_databases()
    site.run(f"rebuild {engine}")
    assert not differences(site.platform.tables(lineage=False), complete)
    if engine == "duckdb":
        site.run("rebuild archive", FIRST=str(FIRST), LAST=str(FIRST + timedelta(days=DAYS - 1)))
        assert not differences(site.platform.tables(lineage=False), complete)
