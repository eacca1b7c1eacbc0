"""A real PostgreSQL server for the session, and databases of a test's own on it."""

from collections.abc import Callable, Iterator

import pytest

from user_activity_tests.postgres import Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as started:
        yield started


@pytest.fixture
def database(server: Server) -> Callable[..., str]:
    """Makes an empty database and returns its address. Few names: the project is parsed once for each."""
    return lambda name="shop": server.fresh_database(name)
