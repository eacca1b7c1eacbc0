"""The time of each step of the visits, and the contents of their baskets."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from user_activity.simulate.catalogue import Catalogue
from user_activity.simulate.draws import DAY, Ints, codes
from user_activity.simulate.seasons import first_moment, times_of_day, weekdays
from user_activity.simulate.visits import BASKET_LINES, STEPS, Visits

_LONGEST_PAUSE = 25 * 60_000  # below the default session timeout, so that a visit without a session id is one session


@dataclass(frozen=True)
class Walk:
    """Arrays with one entry per event: its visit, its step (an index into ``STEPS``) and its time."""

    visit: Ints
    step: Ints
    at: Ints

    def signups(self, visits: Visits) -> Ints:
        """The sign-up time of each new user: that of the visit's second step, or of its first if it has only one."""
        opening = np.flatnonzero(np.diff(self.visit, prepend=-1))[visits.is_new]
        moments: Ints = self.at[np.minimum(opening + 1, len(self.at) - 1)]
        return moments


@dataclass(frozen=True)
class Baskets:
    """Arrays of visits × lines: the products that each visit views in detail and may order."""

    products: Ints
    quantities: Ints


def take_walks(rng: np.random.Generator, visits: Visits, start: date, days: int, events: int) -> Walk:
    """Return the first ``events`` steps of the visits with their times; none is after the last day."""
    taken = np.tile(np.arange(len(STEPS)), len(visits.day))
    step = np.repeat(taken, visits.steps.ravel())[:events]
    visit = np.repeat(np.arange(len(visits.day)), visits.steps.sum(axis=1))[:events]
    pauses = (1000 * rng.lognormal(np.log(22), 1.1, events)).clip(700, _LONGEST_PAUSE).astype(np.int64)
    elapsed = np.cumsum(pauses)
    opening = np.flatnonzero(np.diff(visit, prepend=-1))
    elapsed -= np.repeat(elapsed[opening], np.diff(opening, append=events))

    begin = first_moment(start) + visits.day * DAY + times_of_day(rng, weekdays(start, days)[visits.day])
    closing = np.append(opening[1:], events) - 1
    overrun = begin + elapsed[closing] - (first_moment(start) + days * DAY - 1)
    return Walk(visit, step, (begin - overrun.clip(min=0))[visit] + elapsed)


def draw_baskets(rng: np.random.Generator, visits: Visits, catalogue: Catalogue) -> Baskets:
    """Draw a product and a quantity for each possible line of each basket."""
    lines = (len(visits.day), BASKET_LINES)
    products = catalogue.draw(rng, np.repeat(visits.day, BASKET_LINES)).reshape(lines)
    return Baskets(products, 1 + codes(rng, (0.85, 0.12, 0.03), products.size).reshape(lines))
