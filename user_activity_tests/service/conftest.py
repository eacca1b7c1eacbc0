"""A service with its webserver and daemon running, ended when its tests are over."""

from collections.abc import Iterator

import pytest

from user_activity_tests.mailbox import HOST, free_port
from user_activity_tests.service.processes import Service


@pytest.fixture(scope="module")
def mail_port() -> int:
    """Where the service expects a mail server, which is not there until a test starts it."""
    return free_port()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, mail_port: int) -> Iterator[Service]:
    settings = {
        "ALERT_EMAIL_TO": "ops@example.org",
        "ALERT_OWNERS": '{"team:product-analytics": "analytics@example.org"}',
        "LATE_AFTER": "never",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(mail_port),
        "SMTP_SECURITY": "none",
    }
    environment = {f"USER_ACTIVITY_{name}": value for name, value in settings.items()}
    started = Service(tmp_path_factory.mktemp("service"), environment)
    try:
        started.start_webserver()
        started.start_daemon()
        yield started
    finally:
        started.stop()
