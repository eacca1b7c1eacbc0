"""When people are active: growth, and variation over the year, the week and the day."""

from datetime import date, timedelta

import numpy as np

from user_activity.simulate.draws import DAY, Floats, Ints

HOUR = 3_600_000
_WEEKDAYS = np.array([1.04, 1.06, 1.05, 1.02, 0.97, 0.89, 0.97])
_WORKING_HOURS = np.array([9, 6, 4, 3, 3, 5, 10, 20, 32, 40, 43, 45, 50, 47, 44, 43, 44, 48, 56, 64, 66, 56, 38, 20.0])
_WEEKEND_HOURS = np.array([15, 10, 7, 5, 4, 4, 6, 12, 22, 36, 48, 54, 54, 52, 51, 51, 52, 54, 57, 60, 58, 49, 36, 24.0])


def first_moment(day: date) -> int:
    """Midnight (UTC) of a day, in milliseconds since 1970."""
    return (day - date(1970, 1, 1)).days * DAY


def weekdays(start: date, days: int) -> Ints:
    """The weekday of each day, 0 for Monday."""
    return (start.weekday() + np.arange(days)) % 7


def daily_shares(rng: np.random.Generator, start: date, days: int) -> Floats:
    """The share of all events on each day: growing over time, highest before Christmas and on Tuesdays."""
    day = np.arange(days)
    growth = 1 + 0.45 * day / 365
    year_day = np.array([(start + timedelta(days=int(n))).timetuple().tm_yday for n in day])
    yearly = 1 + 0.14 * np.cos(2 * np.pi * (year_day - 345) / 365.25)
    noise = rng.normal(1, 0.05, days).clip(0.85, 1.15)
    volume = growth * yearly * _WEEKDAYS[weekdays(start, days)] * noise
    shares: Floats = volume / volume.sum()
    return shares


def times_of_day(rng: np.random.Generator, weekday: Ints) -> Ints:
    """Draw a time for each row, in milliseconds after midnight: evenings are busiest, weekends start late."""
    draw = rng.random(len(weekday))
    working, weekend = (np.cumsum(hours) / hours.sum() for hours in (_WORKING_HOURS, _WEEKEND_HOURS))
    hour = np.where(
        weekday >= 5, np.searchsorted(weekend, draw, side="right"), np.searchsorted(working, draw, side="right")
    )
    return hour * HOUR + rng.integers(0, HOUR, len(weekday))
