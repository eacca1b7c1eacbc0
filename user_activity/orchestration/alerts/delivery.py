"""Delivery: pending incidents of each channel become a message; what it accepts is noted as sent at once.

A channel is the webhook, or one e-mail address. A channel that fails keeps no other from telling; when it stays down,
the others say so.
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


MOST_IN_A_MESSAGE = 25
SHORT_TROUBLE = 900  # seconds after which the other channels hear of it


@dataclass
class Delivered:
    """What a round of deliveries did: alerts taken by channel, and why others were not."""

    taken: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def deliver(settings: Settings, memory: IncidentLog, now: float) -> Delivered:
    """Send every channel its pending incidents."""
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
                done.refused[channel] = f"{trouble.error}; it is tried again in a few minutes"
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
    """Tell the channels that work of one that has not for a while."""
    for channel, trouble in memory.troubles.items():
        problem = Incident(
            key=key("undelivered", channel),
            kind="undelivered",
            title=f"Alerts do not get through to {shown(channel)}",
            cause=f"{trouble.error}\nThey are kept until they do.",
            at=trouble.since,
        )
        if now - trouble.since >= SHORT_TROUBLE and problem.key not in memory.incidents:
            memory.note(problem, [other for other in channels_of(settings) if other not in memory.troubles])


def try_channels(settings: Settings) -> dict[str, str | None]:
    """Each channel, with why it did not take the alert; None where it did."""
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
