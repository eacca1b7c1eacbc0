"""Late data: a source whose rows of yesterday have not arrived by the configured time of day.

The only detector that depends on the time of day. It checks the day that rows are about, not when their file arrived:
otherwise a file that arrives every morning would hide that yesterday's rows are missing.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from user_activity.ingest.lake import freshness
from user_activity.ingest.landing import incoming
from user_activity.orchestration.alerts.incidents import Incident, key
from user_activity.settings import Settings
from user_activity.sources import SOURCES, Source

DAY = timedelta(days=1)


class UnknownSource(Exception):
    """A setting names an unknown source; the message says which."""


def late_data(settings: Settings, now: float) -> Iterator[Incident]:
    """Yield an incident for each source whose latest due day, or week, has not arrived."""
    sources = expected(settings)
    at = settings.late_after
    if not isinstance(at, time):
        return
    moment = datetime.fromtimestamp(now, UTC)
    deadline = _deadline(moment.date(), at)
    due = moment.date() - DAY if moment >= deadline else moment.date() - 2 * DAY
    for source in sources:
        # A weekly source lands on Monday: it is late after Monday's deadline.
        day = source.partition_of(due + DAY) if source.cadence == "weekly" else due
        if day >= settings.start_date and not _has_come(settings, source, day):
            by = _deadline(day if source.cadence == "weekly" else day + DAY, at)
            yield _problem(settings, source, day, by)


def expected(settings: Settings) -> list[Source]:
    """Return the sources with a deadline. Raises :class:`UnknownSource` if the setting names another one."""
    unknown = sorted(set(settings.late_sources) - SOURCES.keys())
    if unknown:
        raise UnknownSource(
            f"USER_ACTIVITY_LATE_SOURCES names {', '.join(unknown)}: choose among {', '.join(SOURCES)}."
        )
    return [SOURCES[name] for name in settings.late_sources]


def _deadline(day: date, at: time) -> datetime:
    return datetime.combine(day, at, at.tzinfo or UTC)


def _has_come(settings: Settings, source: Source, day: date) -> bool:
    """Return whether rows of a day, or a weekly source's file of a week, have landed or wait."""
    if any(file.landing_date >= day for file in incoming.scan(settings, source.name)):
        return True
    if source.cadence == "weekly":
        return any(source.partition_of(landed) >= day for _, landed in freshness.state(settings, source.name))
    return day.isoformat() in _days(settings, source)


def _days(settings: Settings, source: Source) -> set[str]:
    """Return the UTC days that a source has rows of, in ISO format."""
    return {day for found in freshness.manifests(settings, source.name) for file in found.files for day in file.dates}


def _problem(settings: Settings, source: Source, day: date, by: datetime) -> Incident:
    what = "the week of" if source.cadence == "weekly" else "for"
    latest = max(_days(settings, source), default=None)
    known = f"The latest that landed are of {latest}." if latest else "None have ever landed."
    return Incident(
        key=f"{key('late_data', source.name)}-{day}",
        kind="late_data",
        title=f"{source.name}: nothing has landed {what} {day}",
        cause=f"Rows were expected by {by:%Y-%m-%d %H:%M %Z}. {known} Contact the sender; if rows are not expected "
        f"every {'week' if source.cadence == 'weekly' else 'day'}, take {source.name} out of "
        "USER_ACTIVITY_LATE_SOURCES.",
        at=by.timestamp(),
        dates=day.isoformat(),
        asset=f"raw/{source.name}",
        owners=(source.owner,),
    )
