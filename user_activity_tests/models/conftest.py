"""A platform on each engine, for rules whose SQL the engines could understand differently."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.platform import Platform
from user_activity_tests.postgres import Server, running_server

Opened = Callable[..., Platform]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


@pytest.fixture(scope="module", params=("duckdb", pytest.param("postgres", marks=pytest.mark.long)))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Makes a new platform with the given settings, on the engine of this pass."""

    def make(**settings: Any) -> Platform:
        folder: Path = tmp_path_factory.mktemp(request.param)
        if request.param == "postgres":
            server: Server = request.getfixturevalue("server")
            settings |= {"warehouse": "postgres", "warehouse_url": server.fresh_database("shop")}
        return Platform(folder / "data", **settings)

    return make
