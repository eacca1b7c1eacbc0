"""``alert-test`` tells an operator whether alerts would reach somebody."""

import pytest

from user_activity_tests.cli.conftest import Command
from user_activity_tests.mailbox import HOST, Mailbox, free_port, mail_server


def test_without_a_channel_it_says_which_settings_to_make(command: Command) -> None:
    answer = command("alert-test")
    assert answer.code == 2
    assert "USER_ACTIVITY_ALERT_EMAIL_TO or USER_ACTIVITY_ALERT_WEBHOOK_URL" in answer.err


def test_a_source_that_there_is_none_of_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_ACTIVITY_ALERT_EMAIL_TO", "ops@example.org")
    monkeypatch.setenv("USER_ACTIVITY_LATE_SOURCES", "clicks")
    answer = command("alert-test")
    assert answer.code == 2
    assert "USER_ACTIVITY_LATE_SOURCES names clicks" in answer.err


def test_everybody_gets_one_and_what_is_not_taken_is_said(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    for name, value in {
        "ALERT_EMAIL_TO": "ops@example.org",
        "ALERT_OWNERS": '{"team:crm": "crm@example.org, ops@example.org"}',
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "none",
    }.items():
        monkeypatch.setenv(f"USER_ACTIVITY_{name}", value)
    mailbox = Mailbox()
    with mail_server(mailbox, port):
        answer = command("alert-test", "--json")
    assert answer.code == 0
    assert answer.document == [
        {"to": "ops@example.org", "sent": True, "problem": None},
        {"to": "crm@example.org", "sent": True, "problem": None},
    ]
    assert mailbox.recipients == ["ops@example.org", "crm@example.org"]

    monkeypatch.setenv("USER_ACTIVITY_ALERT_WEBHOOK_URL", f"http://{HOST}:{free_port()}/hidden")
    with mail_server(mailbox, port):
        answer = command("alert-test")
    assert answer.code == 1
    assert f"webhook: not sent, the webhook at {HOST} cannot be reached" in answer.out
    assert "crm@example.org: sent" in answer.out
    assert "hidden" not in answer.out + answer.err
