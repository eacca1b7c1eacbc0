"""The visits in time: which step happens when, and what lies in the baskets."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from user_activity.simulate.catalogue import Catalogue
from user_activity.simulate.draws import DAY, Ints, codes
from user_activity.simulate.seasons import first_moment, times_of_day, weekdays
from user_activity.simulate.visits import BASKET_LINES, STEPS, Visits

_LONGEST_PAUSE = 25 * 60_000  # below the usual session timeout, so that a visit is one session for whoever derives them


@dataclass(frozen=True)
class Walk:
    """One entry an event: the visit it belongs to, the step it is, and its moment."""

    visit: Ints
    step: Ints
    at: Ints

    def signups(self, visits: Visits) -> Ints:
        """The moment of each newcomer's sign-up: the second step, unless the last visit is cut off before it."""
        opening = np.flatnonzero(np.diff(self.visit, prepend=-1))[visits.is_new]
        moments: Ints = self.at[np.minimum(opening + 1, len(self.at) - 1)]
        return moments


@dataclass(frozen=True)
class Baskets:
    """Visits × lines: what each visit looks at closely and, if it gets there, orders."""

    products: Ints
    quantities: Ints


def take_walks(rng: np.random.Generator, visits: Visits, start: date, days: int, events: int) -> Walk:
    """The first ``events`` steps of the visits, each at its moment; none lies after the last day."""
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
    """A product and a quantity for each line that a basket could have."""
    lines = (len(visits.day), BASKET_LINES)
    products = catalogue.draw(rng, np.repeat(visits.day, BASKET_LINES)).reshape(lines)
    return Baskets(products, 1 + codes(rng, (0.85, 0.12, 0.03), products.size).reshape(lines))
