"""The simulated world: everything that happens, before it becomes records."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from user_activity.simulate.catalogue import Catalogue, stock
from user_activity.simulate.draws import DAY
from user_activity.simulate.people import People, gather
from user_activity.simulate.seasons import daily_shares, first_moment
from user_activity.simulate.visits import Visits, draw_visits
from user_activity.simulate.walks import Baskets, Walk, draw_baskets, take_walks


@dataclass(frozen=True)
class World:
    """The shop, its visitors and their visits from ``begin`` (inclusive) to ``end`` (exclusive)."""

    begin: int
    end: int
    visits: Visits
    walk: Walk
    people: People
    catalogue: Catalogue
    baskets: Baskets


def imagine(rng: np.random.Generator, start: date, days: int, events: int) -> World:
    """Create a world with exactly ``events`` events."""
    begin = first_moment(start)
    end = begin + days * DAY
    visits = draw_visits(rng, daily_shares(rng, start, days), events)
    walk = take_walks(rng, visits, start, days, events)
    catalogue = stock(rng, start, days)
    return World(
        begin=begin,
        end=end,
        visits=visits,
        walk=walk,
        people=gather(rng, visits, walk.signups(visits), begin, end),
        catalogue=catalogue,
        baskets=draw_baskets(rng, visits, catalogue),
    )
