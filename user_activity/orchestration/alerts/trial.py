"""A trial: one harmless alert on every channel, to see who gets it.

Belongs here: that alert. Does not belong here: how it travels (``channels``), and showing what came of it (``cli/``).
"""

import time

from user_activity.orchestration.alerts.channels import every_channel, send, shown
from user_activity.orchestration.alerts.mail import Postman
from user_activity.orchestration.alerts.problem import Problem, key
from user_activity.orchestration.alerts.undelivered import Undelivered
from user_activity.orchestration.alerts.words import Untold, compose
from user_activity.orchestration.masking import masked
from user_activity.settings import Settings


def try_channels(settings: Settings) -> dict[str, str | None]:
    """Each channel, with why it did not take the alert; None where it did."""
    now = time.time()
    problem = Problem(
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
                send(settings, postman, channel, compose(settings, [Untold(problem, 1, now)], now))
                found[shown(channel)] = None
            except Undelivered as error:
                found[shown(channel)] = masked(str(error), settings)
    return found
