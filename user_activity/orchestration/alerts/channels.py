"""Channels: the webhook, and each address by itself, so that nobody is told twice because of somebody else.

Belongs here: from owners to channels, and the way of each. Does not belong here: who owns what (``owners``).
"""

from collections.abc import Iterable

from user_activity.orchestration.alerts import webhook
from user_activity.orchestration.alerts.mail import Postman
from user_activity.orchestration.alerts.words import Message
from user_activity.settings import Settings

WEBHOOK = "webhook"
EMAIL = "email:"  # and the address


def channels_of(settings: Settings, owners: Iterable[str] = ()) -> list[str]:
    """Where a problem of these owners goes: to the webhook, and to the address of each owner, else to all of us."""
    to: list[str] = []
    for owner in owners:
        to += settings.alert_owners.get(owner, () if owner.startswith("team:") else (owner,)) or _all(settings)
    mails = dict.fromkeys(to or _all(settings)) if emails(settings) else ()
    return [*([WEBHOOK] if settings.alert_webhook_url else []), *(f"{EMAIL}{address}" for address in mails)]


def every_channel(settings: Settings) -> list[str]:
    """Every way on which something may go."""
    addresses = [*settings.alert_email_to, *(one for every in settings.alert_owners.values() for one in every)]
    mails = [f"{EMAIL}{address}" for address in dict.fromkeys(addresses)]
    return [*([WEBHOOK] if settings.alert_webhook_url else []), *mails]


def emails(settings: Settings) -> bool:
    """Whether anybody is to get e-mail."""
    return bool(settings.alert_email_to or settings.alert_owners)


def _all(settings: Settings) -> tuple[str, ...]:
    """Who gets what no owner's address is known for."""
    return settings.alert_email_to or tuple(one for every in settings.alert_owners.values() for one in every)


def send(settings: Settings, postman: Postman, channel: str, message: Message) -> None:
    """Send a message on a channel; raises `Undelivered`."""
    if channel.startswith(EMAIL):
        postman.send(channel.removeprefix(EMAIL), message)
    else:
        webhook.post(settings, message)


def shown(channel: str) -> str:
    """A channel's name for people."""
    return channel.removeprefix(EMAIL)
