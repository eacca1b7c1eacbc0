"""The entry point of the simulation: from a seed to a folder of files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from user_activity.simulate.clicks import describe_clicks
from user_activity.simulate.commerce import Orders, place_orders, record_orders, write_reviews
from user_activity.simulate.delivery import Feed, deliver
from user_activity.simulate.people import describe_people
from user_activity.simulate.world import World, imagine

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SimulationSummary:
    """What was simulated, counted as the platform counts it, so that the two can be reconciled.

    Per source: ``records`` is the number of landed records. ``messy`` of them (by kind of flaw) must be rejected, the
    others accepted. Of the accepted, ``late`` land on a later day than their own; ``distinct`` is the number of their
    keys, which is the number of rows in staging.
    """

    start: date
    end: date
    events: int
    sessions: int
    users: int
    orders: int
    bots: int
    files: dict[str, int]
    records: dict[str, int]
    distinct: dict[str, int]
    late: dict[str, int]
    messy: dict[str, dict[str, int]]

    @property
    def rejected(self) -> dict[str, int]:
        """The number of records that break the contract, per source."""
        return {source: sum(kinds.values()) for source, kinds in self.messy.items()}

    @property
    def accepted(self) -> dict[str, int]:
        """The number of records that follow the contract, per source."""
        return {source: landed - self.rejected[source] for source, landed in self.records.items()}

    @property
    def duplicates(self) -> dict[str, int]:
        """The number of accepted records replaced by another with the same key (re-sent or corrected), per source."""
        return {source: accepted - self.distinct[source] for source, accepted in self.accepted.items()}


def simulate(
    out_dir: Path,
    *,
    start: date = date(2025, 1, 1),
    days: int = 365,
    events: int = 250_000,
    seed: int = 42,
    messy: float = 0.01,
    progress: Progress | None = None,
) -> SimulationSummary:
    """Write the files of ``days`` days to ``out_dir`` as ``<source>/<landing date>/<file>``.

    The same parameters give the same bytes. ``events`` is the exact number of distinct valid events; ``messy`` is the
    share of broken records, which are added to these. ``progress`` is called after each file with the source, the
    number of files written and the total number of files.

    Raises ``ValueError`` if a parameter is out of range or the folder is not empty.
    """
    if days < 1 or events < 1:
        raise ValueError(f"{days} days and {events} events: a simulation needs at least one of each")
    if not 0 <= messy <= 0.5:
        raise ValueError(f"messy is {messy}: must be a share between 0 and 0.5")
    if out_dir.exists() and any(out_dir.iterdir()):
        raise ValueError(f"{out_dir} is not empty: a simulation writes into a folder of its own")

    rng, *delivery_rngs = np.random.default_rng(seed).spawn(6)
    world = imagine(rng, start, days, events)
    orders = place_orders(rng, world)
    delivered = {
        feed.source: deliver(delivery_rng, feed, out_dir, start, days, messy, progress or _quietly)
        for feed, delivery_rng in zip(_report(rng, world, orders), delivery_rngs, strict=True)
    }
    return SimulationSummary(
        start=start,
        end=start + timedelta(days=days - 1),
        events=events,
        sessions=len(world.visits.day),
        users=len(np.unique(world.visits.user)),
        orders=len(orders.visit),
        bots=int(world.visits.is_bot[world.walk.visit].sum()),
        files={source: delivery.files for source, delivery in delivered.items()},
        records={source: delivery.records for source, delivery in delivered.items()},
        distinct={source: delivery.distinct for source, delivery in delivered.items()},
        late={source: delivery.late for source, delivery in delivered.items()},
        messy={source: delivery.messy for source, delivery in delivered.items()},
    )


def _report(rng: np.random.Generator, world: World, orders: Orders) -> list[Feed]:
    """Return the records of each source."""
    clicked = describe_clicks(rng, world, orders)
    ordered, order = record_orders(rng, world, orders)
    listed = world.catalogue.table()
    known = describe_people(rng, world.visits, world.people, world.end)
    reviewed, review = write_reviews(rng, world, orders)
    return [
        Feed("events", clicked, np.arange(len(clicked["event_at"])), "event_at", "event_at", "event_id"),
        Feed("orders", ordered, order, "order_at", "updated_at", "order_id"),
        Feed("products", listed, np.arange(len(listed["updated_at"])), "updated_at", "updated_at", is_punctual=True),
        Feed("users", known, np.arange(len(known["updated_at"])), "updated_at", "updated_at"),
        Feed("reviews", reviewed, review, "review_at", "updated_at", "review_id"),
    ]


def _quietly(_source: str, _done: int, _total: int) -> None:
    pass
