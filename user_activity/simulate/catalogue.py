"""The shop's products and their prices, week by week."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from user_activity.simulate.draws import DAY, Bools, Floats, Ints, Objects, Table, moment, money, pick
from user_activity.simulate.seasons import first_moment

_OPENING_PRODUCTS = 120
_RANGE = (
    ("Electronics", "Audio", "Headphones", 8900),
    ("Electronics", "Accessories", "Charger", 2900),
    ("Electronics", "Wearables", "Watch", 15900),
    ("Clothing", "Shirts", "Shirt", 2900),
    ("Clothing", "Shoes", "Sneakers", 7900),
    ("Clothing", "Outerwear", "Jacket", 11900),
    ("Home", "Kitchen", "Kettle", 4900),
    ("Home", "Lighting", "Lamp", 3900),
    ("Home", "Textiles", "Blanket", 3400),
    ("Sports", "Fitness", "Yoga Mat", 2700),
    ("Sports", "Outdoor", "Backpack", 6900),
    ("Books", "Fiction", "Novel", 1400),
    ("Books", "Non-fiction", "Cookbook", 2400),
    ("Beauty", "Skin care", "Serum", 2600),
)
_ADJECTIVES = ("Nordic", "Swift", "Quiet", "Amber", "Alpine", "Urban", "Velvet", "Solar", "Classic", "Lunar", "Coral")
_BRANDS = ("Aurelia", "Brightside", "Cobalt & Co", "Duna", "Everpine", "Fjell", "Gusto")


@dataclass(frozen=True)
class Catalogue:
    """Arrays of products × weeks. A week begins on its landing day: the first day, then every Monday."""

    landing_days: Ints
    prices: Ints
    listed: Bools
    active: Bools
    popularity: Floats
    kinds: Ints
    begin: int

    @property
    def product_ids(self) -> Objects:
        """The id of each product."""
        return np.array([f"p{n:04d}" for n in range(1, len(self.kinds) + 1)], dtype=object)

    def week(self, day: Ints) -> Ints:
        """The index of the catalogue week that contains each day."""
        return np.searchsorted(self.landing_days, day, side="right") - 1

    def draw(self, rng: np.random.Generator, day: Ints) -> Ints:
        """Draw a product on sale on each row's day; popular products are drawn more often."""
        weights = np.cumsum(self.popularity * self.active.T, axis=1)
        ladder = (weights / weights[:, -1:] + np.arange(len(weights))[:, None]).ravel()
        week, products = self.week(day), len(self.kinds)
        index: Ints = np.searchsorted(ladder, week + rng.random(len(day)), side="right") - week * products
        return np.minimum(index, products - 1)

    def prices_at(self, products: Ints, at: Ints) -> Ints:
        """The prices of each row's products at its time, in cents."""
        prices: Ints = self.prices[products, self.week((at - self.begin) // DAY)[:, None]]
        return prices

    def table(self) -> Table:
        """The records of the weekly exports: one row per product and week."""
        week, product = np.nonzero(self.listed.T)
        kind = self.kinds[product]
        adjective = pick(_ADJECTIVES, (product * 7 + product // 11) % len(_ADJECTIVES))
        noun = pick([name for _, _, name, _ in _RANGE], kind)
        return {
            "product_id": self.product_ids[product],
            "name": adjective + " " + noun + pick([f" {n}" for n in range(1, 10)], product % 9),
            "category": pick([category for category, _, _, _ in _RANGE], kind),
            "subcategory": pick([subcategory for _, subcategory, _, _ in _RANGE], kind),
            "brand": pick(_BRANDS, (product * 5) % len(_BRANDS)),
            "price": money(self.prices[product, week]).astype(object),
            "currency": pick(["USD"], np.zeros_like(product)),
            "is_active": self.active[product, week].astype(object),
            "updated_at": moment(self.begin + self.landing_days[week] * DAY),
        }


def stock(rng: np.random.Generator, start: date, days: int) -> Catalogue:
    """A catalogue that gains about one product per week, loses a few, and changes some prices each Monday."""
    mondays = np.arange((-start.weekday()) % 7, days, 7)
    landing_days = np.unique(np.concatenate([[0], mondays]))
    weeks = len(landing_days)
    launches = np.sort(rng.integers(1, weeks, weeks)) if weeks > 1 else np.zeros(0, dtype=np.int64)
    launched = np.concatenate([np.zeros(_OPENING_PRODUCTS, dtype=np.int64), launches])
    products = len(launched)
    kinds = rng.integers(0, len(_RANGE), products)

    opening = np.array([price for _, _, _, price in _RANGE])[kinds] * rng.lognormal(0, 0.35, products)
    changes = rng.random((products, weeks)) < 0.015
    factors = np.where(changes, rng.choice([0.8, 0.9, 0.95, 1.05, 1.1, 1.2], (products, weeks)), 1.0)
    factors[:, 0] = 1.0
    prices = (opening[:, None] * np.cumprod(factors, axis=1)).astype(np.int64) // 100 * 100 + 99

    leaves = np.where(rng.random(products) < 0.05, launched + rng.integers(8, 40, products), weeks)
    leaves[0] = weeks
    week = np.arange(weeks)
    listed = launched[:, None] <= week
    popularity = 1 / (1 + rng.permutation(products)) ** 0.7
    return Catalogue(
        landing_days=landing_days,
        prices=prices,
        listed=listed,
        active=listed & (week < leaves[:, None]),
        popularity=popularity,
        kinds=kinds,
        begin=first_moment(start),
    )
