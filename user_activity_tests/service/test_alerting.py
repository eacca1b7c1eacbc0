"""Alerts as their reader meets them: a real daemon, a real mail server, and a failure between the two."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from user_activity_tests.mailbox import HOST, Mailbox, free_port, mail_server
from user_activity_tests.service.processes import Service, events, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

DAY = date(2025, 3, 4)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def service(tmp_path: Path, port: int) -> Iterator[Service]:
    settings = {
        "ALERT_EMAIL_TO": "ops@example.org",
        "ALERT_OWNERS": '{"team:product-analytics": "analytics@example.org"}',
        "LATE_AFTER": "never",
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "none",
    }
    started = Service(tmp_path, {f"USER_ACTIVITY_{name}": value for name, value in settings.items()})
    try:
        started.start_daemon()
        yield started
    finally:
        started.stop()


def test_a_failure_reaches_its_owner_once_the_mail_server_is_up(service: Service, port: int) -> None:
    # The place of the day's folder is taken by a file: its rows cannot be written.
    obstacle = service.settings.lake_dir / "raw" / "events" / f"landing_date={DAY}"
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("in the way")
    service.drop("events", DAY, "a.jsonl", events(DAY, users=2))
    memory = service.settings.alerts_dir / "memory.json"
    wait_for("a mail that is not taken", lambda: memory.exists() and "cannot be reached" in memory.read_text())

    mailbox = Mailbox()
    with mail_server(mailbox, port):
        wait_for("the mail", lambda: mailbox.mails)
    assert mailbox.recipients == ["analytics@example.org"]
    assert mailbox.subjects[0].startswith("[user_activity] ingest_events failed in raw__events: ")
    assert str(obstacle) in mailbox.texts[0]
    assert str(DAY) in mailbox.texts[0]
