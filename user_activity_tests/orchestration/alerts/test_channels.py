"""How alerts travel: by every kind of mail server, and to a webhook that is not always well."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stamina
from pydantic import SecretStr

from user_activity.orchestration.alerts import webhook
from user_activity.orchestration.alerts.delivery import try_channels
from user_activity.orchestration.alerts.email import Postman
from user_activity.orchestration.alerts.incidents import Incident, Pending, key
from user_activity.orchestration.alerts.messages import Message, Undelivered, compose
from user_activity.settings import Settings
from user_activity_tests.mailbox import (
    HOST,
    PASSWORD,
    USER,
    Mailbox,
    free_port,
    mail_server,
    part,
    self_signed,
)

# A login without TLS is what some relays inside a network want.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

NOW = 1_736_046_600.0  # 2025-01-05 03:10 UTC


def problem(**fields: Any) -> Incident:
    known: dict[str, Any] = {"key": key("failed_run", "a"), "kind": "failed_run", "title": "build_models failed"}
    return Incident(**{**known, "cause": "no such column", "at": NOW, **fields})


def message(settings: Settings, *problems: Incident) -> Message:
    return compose(settings, [Pending(each, 1, each.at) for each in problems or (problem(),)], NOW)


def by_mail(tmp_path: Path, **settings: Any) -> Settings:
    known = {"alert_email_to": "Jörg Müller <ops@example.org>", "smtp_host": HOST, "smtp_security": "none"}
    return Settings(_env_file=None, data_dir=tmp_path, **{**known, **settings})


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("login", [False, True], ids=["without login", "with login"])
@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_every_kind_of_mail_server_takes_an_alert(
    security: str, login: bool, certificate: Path, tmp_path: Path
) -> None:
    settings = by_mail(
        tmp_path,
        smtp_security=security,
        smtp_port=free_port(),
        smtp_ca_file=certificate,
        **({"smtp_user": USER, "smtp_password": PASSWORD} if login else {}),
    )
    mailbox = Mailbox()
    with mail_server(
        mailbox, settings.smtp_port or 0, security, certificate if security != "none" else None, login=login
    ):
        assert try_channels(settings) == {settings.alert_email_to[0]: None}
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["ops@example.org"]
    assert mail["To"].addresses[0].display_name == "Jörg Müller"
    assert mail["Subject"] == "[user_activity] This is a test: alerts reach you"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Nothing is wrong" in part(mail, "plain")
    assert "Nothing is wrong" in part(mail, "html")


def test_a_mail_keeps_any_text_and_its_subject_is_one_short_line(tmp_path: Path) -> None:
    settings = by_mail(tmp_path, smtp_port=free_port(), alert_email_from='"Wächter, Nacht" <night@example.org>')
    nasty = problem(
        title="größe\nBcc: everybody@example.org\n" + "x" * 500,
        cause="日本語 <b>\x00\ud800 " + "y" * 5000,
        examples=({"name": "a|b <i>", "n": 1},),
    )
    mailbox = Mailbox()
    with mail_server(mailbox, settings.smtp_port or 0), Postman(settings) as postman:
        postman.send("ops@example.org", message(settings, nasty))
    (mail,) = mailbox.mails
    assert mail["From"].addresses[0].display_name == "Wächter, Nacht"
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("[user_activity] größe Bcc: everybody@example.org xxx")
    assert len(mail["Subject"]) < 140
    assert "日本語 <b>\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} yyy" in part(mail, "plain")
    assert "日本語 &lt;b&gt;" in part(mail, "html")
    assert "a|b &lt;i&gt;</td>" in part(mail, "html")


@pytest.mark.parametrize(
    ("server", "settings", "says"),
    [
        ({"security": "tls"}, {"smtp_security": "tls", "smtp_ca_file": None}, "USER_ACTIVITY_SMTP_CA_FILE"),
        ({"security": "starttls"}, {"smtp_security": "starttls", "smtp_ca_file": None}, "USER_ACTIVITY_SMTP_CA_FILE"),
        ({}, {"smtp_security": "starttls"}, "check USER_ACTIVITY_SMTP_SECURITY"),
        ({}, {"smtp_security": "tls"}, "check USER_ACTIVITY_SMTP_SECURITY"),
        ({"login": True}, {"smtp_user": USER, "smtp_password": "something-else"}, "refuses the login (535)"),
        ({"security": "starttls", "login": True}, {"smtp_security": "starttls"}, "530"),
        ({"security": "starttls"}, {"smtp_security": "none"}, "STARTTLS"),
    ],
)
def test_what_a_mail_server_has_against_an_alert_is_said_with_the_setting_to_look_at(
    server: dict[str, Any], settings: dict[str, Any], says: str, certificate: Path, tmp_path: Path
) -> None:
    given = by_mail(tmp_path, **{"smtp_port": free_port(), "smtp_ca_file": certificate, **settings})
    used = certificate if server.get("security") else None
    with mail_server(Mailbox(), given.smtp_port or 0, certificate=used, **server):
        (why,) = try_channels(given).values()
    assert why
    assert says in why
    assert "something-else" not in why


def test_one_address_that_is_refused_keeps_no_other_from_its_mail(tmp_path: Path) -> None:
    settings = by_mail(
        tmp_path,
        smtp_port=free_port(),
        alert_email_to="gone@example.org,ops@example.org",
        alert_owners={"team:crm": "crm@example.org"},
    )
    mailbox = Mailbox(refused={"gone@example.org"})
    with mail_server(mailbox, settings.smtp_port or 0):
        tried = try_channels(settings)
    assert mailbox.recipients == ["ops@example.org", "crm@example.org"]
    assert tried["gone@example.org"] == (
        f"the mail server {HOST}:{settings.smtp_port} refuses gone@example.org: 550 nobody of that name"
    )


def test_a_mail_server_that_is_down_costs_one_attempt_for_all_addresses(tmp_path: Path) -> None:
    settings = by_mail(tmp_path, smtp_port=free_port(), alert_email_to="a@example.org,b@example.org")
    tried = try_channels(settings)
    assert len(set(tried.values())) == 1
    assert "cannot be reached" in str(tried["b@example.org"])


@pytest.fixture(autouse=True)
def _attempts_without_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=webhook.ATTEMPTS):
        yield


@dataclass
class Hook:
    """A webhook that answers with these, one after the other, and then with 204."""

    answers: list[int] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = found.answers.pop(0) if found.answers else 204
            if status == 0:
                time.sleep(1)
                status = 200
            elif status < 300:
                assert self.headers["content-type"] == "application/json"
                found.received.append(json.loads(body))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://{HOST}:{server.server_port}/hooks/T0p-S3cret?code=al5o"
        yield found
        server.shutdown()


def by_webhook(tmp_path: Path, url: str) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, alert_webhook_url=SecretStr(url), ui_url="https://ui.example/")


def test_a_webhook_gets_every_field(hook: Hook, tmp_path: Path) -> None:
    settings = by_webhook(tmp_path, hook.url)
    found = problem(
        job="build_models", run_id="r1", dates="2025-01-03..2025-01-05", step="models", facts={"failing_rows": 3},
        examples=({"name": "a | b\ud800", "n": 1},), owners=("team:analytics",),
    )  # fmt: skip
    webhook.post(settings, compose(settings, [Pending(found, 7, NOW - 3600, NOW - 7200)], NOW))
    (document,) = hook.received
    assert document.pop("id")
    assert document == {
        "version": 1,
        "sent_at": "2025-01-05T03:10:00+00:00",
        "text": "build_models failed (7 times)",
        "alerts": [
            {
                "key": found.key,
                "kind": "failed_run",
                "severity": "error",
                "title": "build_models failed",
                "cause": "no such column",
                "at": "2025-01-05T03:10:00+00:00",
                "times": 7,
                "since": "2025-01-05T02:10:00+00:00",
                "told_at": "2025-01-05T01:10:00+00:00",
                "job": "build_models",
                "run_id": "r1",
                "run_url": "https://ui.example/runs/r1",
                "dates": "2025-01-03..2025-01-05",
                "step": "models",
                "asset": None,
                "check": None,
                "facts": {"failing_rows": 3},
                "examples": [{"name": "a | b\N{REPLACEMENT CHARACTER}", "n": 1}],
                "owners": ["team:analytics"],
            }
        ],
    }


def test_a_busy_webhook_is_asked_again(hook: Hook, tmp_path: Path) -> None:
    hook.answers = [503, 429]
    assert try_channels(by_webhook(tmp_path, hook.url)) == {"webhook": None}
    assert len(hook.received) == 1


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([404], "answers with status 404: check its address"),
        ([302], "answers with status 302"),
        ([500, 500, 500], "answers with status 500 (3 attempts)"),
        ([0, 0, 0], "does not answer in time (3 attempts)"),
    ],
)
def test_a_webhook_that_takes_nothing_is_named_without_its_secret(
    hook: Hook, tmp_path: Path, answers: list[int], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "SECONDS", 0.2)
    hook.answers = answers
    settings = by_webhook(tmp_path, hook.url)
    with pytest.raises(Undelivered) as refused:
        webhook.post(settings, message(settings))
    assert says in str(refused.value)
    assert "S3cret" not in str(refused.value)
    assert "al5o" not in str(refused.value)


@pytest.mark.parametrize("url", ["not an address", "ftp://example.org/x", "http://"])
def test_what_is_no_address_is_named_by_its_setting(url: str, tmp_path: Path) -> None:
    settings = by_webhook(tmp_path, url)
    with pytest.raises(Undelivered, match=r"USER_ACTIVITY_ALERT_WEBHOOK_URL|cannot be reached"):
        webhook.post(settings, message(settings))
