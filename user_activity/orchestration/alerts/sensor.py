"""The sensor that sends alerts. It requests no runs."""

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
    "No alerts are sent: set USER_ACTIVITY_ALERT_EMAIL_TO and USER_ACTIVITY_SMTP_HOST, or "
    "USER_ACTIVITY_ALERT_WEBHOOK_URL, then try `user-activity alert-test`."
)


def build_alert_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor that sends new incidents."""

    @dg.sensor(
        name=NAME,
        minimum_interval_seconds=3 * settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends asset owners alerts about failed runs, failed checks and late data, by e-mail and webhook.",
    )
    def alerts(context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]) -> dg.SkipReason:
        now = datetime.now(UTC).timestamp()
        return dg.SkipReason(tick(settings, context.instance, Owners(context.repository_def), now))

    return alerts


def tick(settings: Settings, instance: dg.DagsterInstance, owners: Owners, now: float) -> str:
    """Find, store and send incidents; returns a summary. Raises `Undelivered` if a channel or detector failed."""
    if not channels_of(settings):
        return NO_CHANNEL
    with locked_if_free(settings.alerts_dir / ".lock") as free:
        if not free:
            return "Another tick is running."
        memory = IncidentLog.read(settings.alerts_dir)
        memory.readdress(lambda problem: channels_of(settings, problem.owners))
        for problem in Watch(settings, instance, owners).new_problems(memory, now):
            memory.note(problem, channels_of(settings, problem.owners))
        errors = _note_standing(settings, instance, memory, now)
        note_long_troubles(settings, memory, now)
        memory.write()
        delivered = deliver(settings, memory, now)
        memory.forget(now, settings.alert_repeat_hours * 3600)
        memory.write()
    return _summary(delivered, errors)


def _note_standing(settings: Settings, instance: dg.DagsterInstance, memory: IncidentLog, now: float) -> list[str]:
    """Store ongoing incidents when they begin; returns the errors of detectors that failed."""
    found: list[Incident] = []
    errors: list[str] = []
    detectors: tuple[Callable[[], Iterable[Incident]], ...] = (
        lambda: failing_ticks(settings, instance, but=NAME),
        lambda: late_data(settings, now),
    )
    for detect in detectors:
        try:
            found += detect()
        except Exception as error:  # noqa: BLE001 - a failing detector must not hide other incidents
            errors.append(masked(str(error) or type(error).__name__, settings))
    for problem in found:
        if problem.key not in memory.standing:
            memory.note(problem, channels_of(settings, problem.owners))
    memory.standing = sorted({*(problem.key for problem in found), *(memory.standing if errors else ())})
    return errors


def _summary(delivered: Delivered, errors: list[str]) -> str:
    failed = [*delivered.refused.values(), *errors]
    if failed:
        raise Undelivered("; ".join(dict.fromkeys(failed)))
    told = ", ".join(f"{number} to {shown(channel)}" for channel, number in sorted(delivered.taken.items()))
    return f"Delivered {told}." if told else "There is no new alert."
