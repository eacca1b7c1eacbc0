"""The sensor that sends alerts. It asks for no run."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import dagster as dg

from user_activity.files import locked_if_free
from user_activity.orchestration.alerts.delivery import Delivered, channels_of, deliver, note_long_troubles, shown
from user_activity.orchestration.alerts.detect.late import late_data
from user_activity.orchestration.alerts.detect.owners import Owners
from user_activity.orchestration.alerts.detect.runs import Watch
from user_activity.orchestration.alerts.detect.ticks import failing_ticks
from user_activity.orchestration.alerts.incidents import Incident, IncidentLog
from user_activity.orchestration.alerts.messages import Undelivered
from user_activity.orchestration.masking import masked
from user_activity.settings import Settings

NAME = "alerts"
NO_CHANNEL = (
    "Nobody is told of failures: set USER_ACTIVITY_ALERT_EMAIL_TO and USER_ACTIVITY_SMTP_HOST, or "
    "USER_ACTIVITY_ALERT_WEBHOOK_URL, then try `user-activity alert-test`."
)


def build_alert_sensor(settings: Settings) -> dg.SensorDefinition:
    """Tells what happened and was not told."""

    @dg.sensor(
        name=NAME,
        minimum_interval_seconds=3 * settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells whoever can mend it of failed runs, broken checks and late data, by e-mail and by webhook.",
    )
    def alerts(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.SkipReason:
        now = datetime.now(UTC).timestamp()
        return dg.SkipReason(tick(settings, context.instance, Owners(context.repository_def), now))

    return alerts


def tick(settings: Settings, instance: dg.DagsterInstance, owners: Owners, now: float) -> str:
    """Find, remember, send; what was done, in words. Raises `Undelivered` where something was not taken."""
    if not channels_of(settings):
        return NO_CHANNEL
    with locked_if_free(settings.alerts_dir / ".lock") as free:
        if not free:
            return "Another tick is running."
        memory = IncidentLog.read(settings.alerts_dir)
        memory.readdress(lambda problem: channels_of(settings, problem.owners))
        for problem in Watch(settings, instance, owners).new_problems(memory, now):
            memory.note(problem, channels_of(settings, problem.owners))
        wrong = _note_standing(settings, instance, memory, now)
        note_long_troubles(settings, memory, now)
        memory.write()
        delivered = deliver(settings, memory, now)
        memory.forget(now, settings.alert_repeat_hours * 3600)
        memory.write()
    return _said(delivered, wrong)


def _note_standing(settings: Settings, instance: dg.DagsterInstance, memory: IncidentLog, now: float) -> list[str]:
    """Note problems that go on, when they begin; returns what could not be judged, and why."""
    found: list[Incident] = []
    wrong: list[str] = []
    judges: tuple[Callable[[], Iterable[Incident]], ...] = (
        lambda: failing_ticks(settings, instance, but=NAME),
        lambda: late_data(settings, now),
    )
    for judge in judges:
        try:
            found += judge()
        except Exception as error:  # noqa: BLE001 - what cannot be judged must not hide what has failed
            wrong.append(masked(str(error) or type(error).__name__, settings))
    for problem in found:
        if problem.key not in memory.standing:
            memory.note(problem, channels_of(settings, problem.owners))
    memory.standing = sorted({*(problem.key for problem in found), *(memory.standing if wrong else ())})
    return wrong


def _said(delivered: Delivered, wrong: list[str]) -> str:
    failed = [*delivered.refused.values(), *wrong]
    if failed:
        raise Undelivered("; ".join(dict.fromkeys(failed)))
    told = ", ".join(f"{number} to {shown(channel)}" for channel, number in sorted(delivered.taken.items()))
    return f"Told {told}." if told else "There is nothing new to tell."
