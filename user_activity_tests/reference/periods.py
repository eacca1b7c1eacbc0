"""Days, weeks and months, one after the other."""

from datetime import date, timedelta

PERIODS = ("day", "week", "month")


def period_start(day: date, period: str, week_start: str) -> date:
    """The first day of the period that a day lies in."""
    if period == "week":
        return day - timedelta(days=(day.weekday() + (week_start == "sunday")) % 7)
    return day.replace(day=1) if period == "month" else day


def next_period(start: date, period: str) -> date:
    """The first day of the period after the one that begins with ``start``."""
    if period == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if period == "week" else 1)


def days_of(start: date, period: str) -> list[date]:
    """Every day of the period that begins with ``start``."""
    return [start + timedelta(days=number) for number in range((next_period(start, period) - start).days)]


def all_periods(bounds: list[date], period: str, week_start: str) -> list[date]:
    """The starts of all periods from the first day of ``bounds`` to the last; none without bounds."""
    starts: list[date] = []
    if bounds:
        starts.append(period_start(bounds[0], period, week_start))
        while next_period(starts[-1], period) <= bounds[1]:
            starts.append(next_period(starts[-1], period))
    return starts


def is_over(start: date, period: str, last_day: date) -> bool:
    """Whether the last day with an event is the period's last day or later."""
    return next_period(start, period) <= last_day + timedelta(days=1)
