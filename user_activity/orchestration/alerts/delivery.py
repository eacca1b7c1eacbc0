"""Delivery: sends each channel its pending incidents in one message and, if it accepts, stores them as sent at once.

A channel is the webhook, or one e-mail address. A failing channel does not affect the others; if it stays down, they
report it.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from user_activity.orchestration.alerts import webhook
from user_activity.orchestration.alerts.email import Postman
from user_activity.orchestration.alerts.incidents import Incident, IncidentLog, Pending, key
from user_activity.orchestration.alerts.messages import Message, Undelivered, compose
from user_activity.orchestration.masking import masked
from user_activity.settings import Settings

WEBHOOK = "webhook"
EMAIL = "email:"  # followed by the address


def channels_of(settings: Settings, owners: Iterable[str] = ()) -> list[str]:
    """Return the channels of these owners' incidents: the webhook, and each owner's addresses or else all."""
    to: list[str] = []
    for owner in owners:
        to += settings.alert_owners.get(owner, () if owner.startswith("team:") else (owner,)) or _everyone(settings)
    mails = dict.fromkeys(to or _everyone(settings)) if emails(settings) else ()
    return [*([WEBHOOK] if settings.alert_webhook_url else []), *(f"{EMAIL}{address}" for address in mails)]


def every_channel(settings: Settings) -> list[str]:
    """Return all configured channels."""
    addresses = [*settings.alert_email_to, *(one for every in settings.alert_owners.values() for one in every)]
    mails = [f"{EMAIL}{address}" for address in dict.fromkeys(addresses)]
    return [*([WEBHOOK] if settings.alert_webhook_url else []), *mails]


def emails(settings: Settings) -> bool:
    """Return whether any e-mail address is configured."""
    return bool(settings.alert_email_to or settings.alert_owners)


def _everyone(settings: Settings) -> tuple[str, ...]:
    """Return the recipients of incidents whose owners have no known address."""
    return settings.alert_email_to or tuple(one for every in settings.alert_owners.values() for one in every)


def send(settings: Settings, postman: Postman, channel: str, message: Message) -> None:
    """Send a message on a channel. Raises `Undelivered` if it is not accepted."""
    if channel.startswith(EMAIL):
        postman.send(channel.removeprefix(EMAIL), message)
    else:
        webhook.post(settings, message)


def shown(channel: str) -> str:
    """Return a channel's display name."""
    return channel.removeprefix(EMAIL)


MOST_IN_A_MESSAGE = 25
SHORT_TROUBLE = 900  # seconds of failing after which the other channels report it


@dataclass
class Delivered:
    """The result of a delivery round, by channel: the number of alerts accepted, or the reason of failure."""

    taken: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def deliver(settings: Settings, memory: IncidentLog, now: float) -> Delivered:
    """Send each channel its pending incidents; a failing channel is retried with backoff."""
    done = Delivered()
    repeat_after = settings.alert_repeat_hours * 3600
    known = sorted({channel for incident in memory.incidents.values() for channel in incident.accounts})
    with Postman(settings) as postman:
        for channel in known:
            untold = memory.untold(channel, now, repeat_after)
            trouble = memory.troubles.get(channel)
            if not untold:
                continue
            if trouble and now < trouble.next_at:
                done.refused[channel] = f"{trouble.error}; it will be retried in a few minutes"
                continue
            some = untold[:MOST_IN_A_MESSAGE]
            more = f"{len(untold) - len(some)} more alerts follow." if len(untold) > len(some) else ""
            try:
                send(settings, postman, channel, compose(settings, some, now, more))
            except Undelivered as error:
                done.refused[channel] = masked(str(error), settings)
                memory.fail(channel, done.refused[channel], now)
            else:
                done.taken[channel] = len(some)
                memory.tell(channel, some, now)
            memory.write()
    return done


def note_long_troubles(settings: Settings, memory: IncidentLog, now: float) -> None:
    """Report each channel that has been failing for ``SHORT_TROUBLE`` seconds on the working channels."""
    for channel, trouble in memory.troubles.items():
        problem = Incident(
            key=key("undelivered", channel),
            kind="undelivered",
            title=f"Alerts do not get through to {shown(channel)}",
            cause=f"{trouble.error}\nThey are kept and retried.",
            at=trouble.since,
        )
        if now - trouble.since >= SHORT_TROUBLE and problem.key not in memory.incidents:
            memory.note(problem, [other for other in channels_of(settings) if other not in memory.troubles])


def try_channels(settings: Settings) -> dict[str, str | None]:
    """Send a test alert on every channel; returns the error per channel, None if it was accepted."""
    now = time.time()
    problem = Incident(
        key=key("test"),
        kind="test",
        severity="warning",
        title="This is a test: alerts reach you",
        cause="Somebody ran `user-activity alert-test`. Nothing is wrong.",
        at=now,
        owners=tuple(settings.alert_owners),
    )
    found: dict[str, str | None] = {}
    with Postman(settings) as postman:
        for channel in every_channel(settings):
            try:
                send(settings, postman, channel, compose(settings, [Pending(problem, 1, now)], now))
                found[shown(channel)] = None
            except Undelivered as error:
                found[shown(channel)] = masked(str(error), settings)
    return found
