"""A service with its webserver and daemon running, ended when its tests are over."""

from collections.abc import Iterator

import pytest

from user_activity_tests.service.processes import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    started = Service(tmp_path_factory.mktemp("service"))
    try:
        started.start_webserver()
        started.start_daemon()
        yield started
    finally:
        started.stop()
