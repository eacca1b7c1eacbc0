"""E-mail over SMTP: plain, STARTTLS or TLS, with or without a login."""

import re
import smtplib
import ssl
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from user_activity.orchestration.alerts.messages import Message, Undelivered
from user_activity.settings import Settings

SECONDS = 10.0
LONGEST_LINE = 998
LOGGED_IN = 235
PORTS = {"none": 25, "starttls": 587, "tls": 465}
NAMED = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)" <(?P<address>[^<>]+)>')


def mail(settings: Settings, to: str, message: Message) -> EmailMessage:
    """Return a message as an e-mail, in plain text and in HTML."""
    sender = (settings.alert_email_from or settings.alert_email_to or (to,))[0]
    # An ASCII subject may stay on one line; encoded words must be folded.
    made = EmailMessage(policy=SMTP.clone(max_line_length=LONGEST_LINE) if message.subject.isascii() else SMTP)
    made["From"] = _address(sender)
    made["To"] = _address(to)
    made["Subject"] = message.subject
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = f"<{message.id}@{_address(sender).domain}>"
    made["Auto-Submitted"] = "auto-generated"  # prevents out-of-office replies
    made.set_content(message.text)
    made.add_alternative(message.html, subtype="html")
    return made


class Postman:
    """One connection to the mail server, opened when first needed. If it fails, all later messages fail at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: smtplib.SMTP | None = None
        self._down: Undelivered | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._connection:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()

    def send(self, to: str, message: Message) -> None:
        """Send a message to one address. Raises `Undelivered` if it is not accepted."""
        if self._down:
            raise self._down
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.send_message(mail(self._settings, to, message))
        except smtplib.SMTPRecipientsRefused as error:
            ((code, reason),) = error.recipients.values()
            raise Undelivered(f"{self._server} refuses {to}: {code} {_words(reason)}") from None
        except (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError, ValueError) as error:
            if self._connection is None:
                raise self._fail(error) from None
            raise Undelivered(f"{self._server} does not take the message: {_words(error)}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise self._fail(error) from None

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        port = settings.smtp_port or PORTS[settings.smtp_security]
        if settings.smtp_security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, port, timeout=SECONDS, context=self._trust()
            )
        else:
            connection = smtplib.SMTP(settings.smtp_host, port, timeout=SECONDS)
        try:
            if settings.smtp_security == "starttls":
                connection.starttls(context=self._trust())
            if settings.smtp_user:
                password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
                _login(connection, settings.smtp_user, password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _trust(self) -> ssl.SSLContext:
        file = self._settings.smtp_ca_file
        return ssl.create_default_context(cafile=str(file) if file else None)

    @property
    def _server(self) -> str:
        port = self._settings.smtp_port or PORTS[self._settings.smtp_security]
        return f"the mail server {self._settings.smtp_host}:{port}"

    def _fail(self, error: Exception) -> Undelivered:
        """Mark the server as down; returns the error that this and all later messages raise."""
        self._connection = None
        self._down = Undelivered(f"{self._server} {_reason(error)}")
        return self._down


def _login(connection: smtplib.SMTP, user: str, password: str) -> None:
    """Log in; smtplib itself supports only ASCII credentials."""
    if (user + password).isascii():
        connection.login(user, password)
        return
    connection.ehlo_or_helo_if_needed()
    given = b64encode(f"\0{user}\0{password}".encode()).decode()
    code, answer = connection.docmd("AUTH", f"PLAIN {given}")
    if code != LOGGED_IN:
        raise smtplib.SMTPAuthenticationError(code, answer)


def _reason(error: Exception) -> str:
    """Return why the server cannot be used, and which setting to check."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refuses the login ({error.smtp_code}): check USER_ACTIVITY_SMTP_USER and USER_ACTIVITY_SMTP_PASSWORD"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that is not trusted ({error.verify_message}): name one in USER_ACTIVITY_SMTP_CA_FILE"
    if isinstance(error, (ssl.SSLError, smtplib.SMTPNotSupportedError)):
        return f"does not do as asked ({_words(error)}): check USER_ACTIVITY_SMTP_SECURITY and USER_ACTIVITY_SMTP_PORT"
    return f"cannot be reached ({_words(error)})"


def _words(error: object) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    text = error.decode(errors="replace") if isinstance(error, bytes) else str(error)
    return " ".join(text.split()) or type(error).__name__


def _address(text: str) -> Address:
    named = NAMED.fullmatch(text)
    if named is None:
        return Address(addr_spec=text)
    return Address(re.sub(r"\\(.)", r"\1", named["name"]), addr_spec=named["address"])
