"""The webhook: one JSON document per POST request, retried while the server is busy."""

import json
from urllib.parse import urlsplit

import httpx2
import stamina

from user_activity.orchestration.alerts.messages import Message, Undelivered
from user_activity.settings import Settings

ATTEMPTS = 3
SECONDS = 5.0
BUSY = (408, 425, 429)


class _TryAgain(Exception):
    """A failed attempt that may succeed if retried."""


def post(settings: Settings, message: Message) -> None:
    """Post a message's document to the webhook. Raises `Undelivered`, without the URL, which is secret."""
    if settings.alert_webhook_url is None:
        raise Undelivered("USER_ACTIVITY_ALERT_WEBHOOK_URL is not set")
    address = settings.alert_webhook_url.get_secret_value()
    body = json.dumps(message.document).encode()
    try:
        for attempt in stamina.retry_context(on=_TryAgain, attempts=ATTEMPTS, wait_initial=0.2, wait_max=2, timeout=15):
            with attempt:
                _post(address, body)
    except _TryAgain as error:
        raise Undelivered(f"the webhook at {_server(address)} {error} ({ATTEMPTS} attempts)") from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise Undelivered("USER_ACTIVITY_ALERT_WEBHOOK_URL is no web address, like https://example.org/path") from None


def _post(address: str, body: bytes) -> None:
    headers = {"content-type": "application/json", "user-agent": "user-activity"}
    try:
        status = httpx2.post(address, content=body, headers=headers, timeout=SECONDS).status_code
    except httpx2.TimeoutException:
        raise _TryAgain("does not answer in time") from None
    except httpx2.UnsupportedProtocol:
        raise
    except httpx2.HTTPError as error:
        raise _TryAgain(f"cannot be reached ({type(error).__name__})") from None
    if status >= 500 or status in BUSY:
        raise _TryAgain(f"answers with status {status}")
    if not 200 <= status < 300:
        raise Undelivered(f"the webhook at {_server(address)} answers with status {status}: check its address")


def _server(address: str) -> str:
    return urlsplit(address).hostname or "an address without a server"
