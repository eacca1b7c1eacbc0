"""Delivery: what each channel has yet to tell becomes a message, and what it took is noted as told, at once.

A channel that fails keeps no other from telling; when it stays down, the others say so.
Belongs here: which message goes where, in which order. Does not belong here: how it travels (``channels``).
"""

from dataclasses import dataclass, field

from user_activity.orchestration.alerts.channels import channels_of, send, shown
from user_activity.orchestration.alerts.mail import Postman
from user_activity.orchestration.alerts.memory import Memory
from user_activity.orchestration.alerts.problem import Problem, key
from user_activity.orchestration.alerts.undelivered import Undelivered
from user_activity.orchestration.alerts.words import compose
from user_activity.orchestration.masking import masked
from user_activity.settings import Settings

MOST_IN_A_MESSAGE = 25
SHORT_TROUBLE = 900  # seconds after which the other channels hear of it


@dataclass
class Delivered:
    """What a round of deliveries did: alerts taken by channel, and why others were not."""

    taken: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def deliver(settings: Settings, memory: Memory, now: float) -> Delivered:
    """Tell every channel what it has not been told."""
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


def note_long_troubles(settings: Settings, memory: Memory, now: float) -> None:
    """Tell the channels that work of one that has not for a while."""
    for channel, trouble in memory.troubles.items():
        problem = Problem(
            key=key("undelivered", channel),
            kind="undelivered",
            title=f"Alerts do not get through to {shown(channel)}",
            cause=f"{trouble.error}\nThey are kept until they do.",
            at=trouble.since,
        )
        if now - trouble.since >= SHORT_TROUBLE and problem.key not in memory.incidents:
            memory.note(problem, [other for other in channels_of(settings) if other not in memory.troubles])
