"""Records that follow from purchases: orders, their corrections, and reviews."""

from dataclasses import dataclass

import numpy as np

from user_activity.simulate.draws import DAY, Bools, Ints, Objects, Table, codes, ids, moment, money, only, pick
from user_activity.simulate.people import COUNTRIES, CURRENCIES, DEVICES
from user_activity.simulate.seasons import HOUR
from user_activity.simulate.visits import BASKET_LINES, CHANNELS, CHECKOUT, PURCHASE
from user_activity.simulate.world import World

_RATES = {"USD": 100, "EUR": 92, "GBP": 79, "CAD": 136}  # prices in percent of the catalogue's US dollars
_TAX_PERCENT = {"US": 0, "DE": 19, "GB": 20, "FR": 20, "NL": 21, "CA": 5, "ES": 21, "BR": 17, "IN": 18, "AU": 10}
_PAYMENT_METHODS = ("card", "paypal", "apple_pay", "google_pay", "klarna", "bank_transfer")
_PAYMENT_SHARES = (0.48, 0.22, 0.11, 0.08, 0.07, 0.04)
_COMPLETED, _FAILED, _CANCELLED, _REFUNDED, _PARTIALLY = range(5)
_STATUSES = ("completed", "failed", "cancelled", "refunded", "partially_refunded")
_TITLES = ("Disappointed", "Not for me", "It is fine", "Good buy", "Love it")
_BODIES = (
    "It broke in the first week.",
    "Looks different from the picture, and smaller.",
    "Does what it should, nothing more.",
    "Well made, arrived quickly.",
    "Exactly what I had hoped for, I will buy it again.",
)


@dataclass(frozen=True)
class Orders:
    """Arrays with one entry per order. Amounts are in cents of the order's currency."""

    order_ids: Objects
    visit: Ints
    at: Ints
    country: Ints
    lines: Ints
    unit_prices: Ints
    gross: Ints
    discount: Ints
    units: Ints
    is_bought: Bools


def place_orders(rng: np.random.Generator, world: World) -> Orders:
    """Return an order for each purchase, and for some visits whose payment failed at the checkout."""
    visits, walk, baskets = world.visits, world.walk, world.baskets
    bought = np.isin(np.arange(len(visits.day)), walk.visit[walk.step == PURCHASE])
    checked_out = np.flatnonzero(walk.step == CHECKOUT)
    checked_out = checked_out[bought[walk.visit[checked_out]] | (rng.random(len(checked_out)) < 0.12)]
    visit = walk.visit[checked_out]
    is_bought = bought[visit]
    at = np.where(is_bought, walk.at[np.minimum(checked_out + 1, len(walk.at) - 1)], walk.at[checked_out])
    country = world.people.country_at(visits.user[visit], at)
    rate = np.array([_RATES[currency] for currency in CURRENCIES])[country]
    unit_prices = world.catalogue.prices_at(baskets.products[visit], at)
    unit_prices = unit_prices * rate[:, None] // 100
    lines = visits.basket[visit]
    quantities = np.where(np.arange(BASKET_LINES) < lines[:, None], baskets.quantities[visit], 0)
    gross = (unit_prices * quantities).sum(axis=1)
    percent = np.where(rng.random(len(visit)) < 0.15, rng.choice([10, 15, 20], len(visit)), 0)
    return Orders(
        order_ids=ids(rng, "o", len(visit)),
        visit=visit,
        at=at,
        country=country,
        lines=lines,
        unit_prices=unit_prices,
        gross=gross,
        discount=gross * percent // 100,
        units=quantities.sum(axis=1),
        is_bought=is_bought,
    )


def record_orders(rng: np.random.Generator, world: World, orders: Orders) -> tuple[Table, Ints]:
    """Return the order records, and the index of the order that each record belongs to.

    The first record of an order is the order as placed. A later cancellation or refund adds a corrected record.
    """
    count = len(orders.visit)
    fate = np.where(orders.is_bought, codes(rng, (0.91, 0.0, 0.03, 0.04, 0.02), count), _FAILED)
    waits = np.where(fate == _CANCELLED, rng.integers(HOUR // 6, 2 * DAY, count), rng.integers(DAY, 35 * DAY, count))
    corrected = np.flatnonzero((fate > _FAILED) & (orders.at + waits < world.end))
    order = np.concatenate([np.arange(count), corrected])
    status = np.concatenate([np.where(orders.is_bought, _COMPLETED, _FAILED), fate[corrected]])
    updated_at = np.concatenate([orders.at, (orders.at + waits)[corrected]])

    paid = orders.gross - orders.discount
    first_unit = np.minimum(orders.unit_prices[:, 0], paid)
    refund = np.select([status == _REFUNDED, status == _PARTIALLY], [paid[order], first_unit[order]], 0)
    tax = paid * np.array([_TAX_PERCENT[country] for country in COUNTRIES])[orders.country] // 100
    shipping = np.where(orders.gross >= 5000, 0, 499)
    visit = orders.visit[order]
    user = world.visits.user[visit]
    return {
        "order_id": orders.order_ids[order],
        "user_id": world.people.user_ids[user],
        "order_at": moment(orders.at[order]),
        "updated_at": moment(updated_at),
        "status": pick(_STATUSES, status),
        "payment_method": pick(_PAYMENT_METHODS, codes(rng, _PAYMENT_SHARES, count)[order]),
        "currency": pick(CURRENCIES, orders.country[order]),
        "revenue": money(orders.gross[order]).astype(object),
        "discount": money(orders.discount[order]).astype(object),
        "tax": money(tax[order]).astype(object),
        "shipping": money(shipping[order]).astype(object),
        "refund": only(refund > 0, money(refund)),
        "refunded_at": np.where(refund > 0, moment(updated_at), np.datetime64("NaT")),
        "session_id": world.visits.session_ids[visit],
        "channel": pick(CHANNELS, world.visits.channel[visit]),
        "country": pick(COUNTRIES, orders.country[order]),
        "device": pick(DEVICES, world.people.device[user]),
        "items": _items(world, orders)[order],
    }, order


def _items(world: World, orders: Orders) -> Objects:
    products = world.catalogue.product_ids[world.baskets.products[orders.visit]].tolist()
    quantities = world.baskets.quantities[orders.visit].tolist()
    prices = money(orders.unit_prices).tolist()
    items = np.empty(len(products), dtype=object)
    items[:] = [
        [
            {"product_id": product, "quantity": quantity, "unit_price": price}
            for product, quantity, price in zip(products[n][:lines], quantities[n], prices[n], strict=False)
        ]
        for n, lines in enumerate(orders.lines.tolist())
    ]
    return items


def write_reviews(rng: np.random.Generator, world: World, orders: Orders) -> tuple[Table, Ints]:
    """Return the review records, and the index of the review that each record belongs to.

    Reviews are written up to some weeks after the purchase. A few are edited later, which adds a corrected record.
    """
    order, line = np.nonzero(np.arange(BASKET_LINES) < (orders.lines * orders.is_bought)[:, None])
    review_at = orders.at[order] + rng.integers(3 * DAY, 40 * DAY, len(order))
    kept = (rng.random(len(order)) < 0.25) & (review_at < world.end)
    order, line, review_at = order[kept], line[kept], review_at[kept]
    product = world.baskets.products[orders.visit[order], line]
    quality = rng.normal(4.2, 0.5, len(world.catalogue.kinds))[product]
    rating = np.rint(quality + rng.normal(0, 0.9, len(order))).astype(np.int64).clip(1, 5)

    edited_at = review_at + rng.integers(HOUR, 20 * DAY, len(order))
    edited = np.flatnonzero((rng.random(len(order)) < 0.03) & (edited_at < world.end))
    review = np.concatenate([np.arange(len(order)), edited])
    updated_at = np.concatenate([review_at, edited_at[edited]])
    rating = np.concatenate([rating, (rating[edited] + rng.choice([-1, 1], len(edited))).clip(1, 5)])
    return {
        "review_id": ids(rng, "r", len(order))[review],
        "user_id": world.people.user_ids[world.visits.user[orders.visit[order]]][review],
        "product_id": world.catalogue.product_ids[product][review],
        "order_id": orders.order_ids[order][review],
        "rating": rating.astype(object),
        "review_at": moment(review_at[review]),
        "updated_at": moment(updated_at),
        "title": pick(_TITLES, rating - 1),
        "body": pick(_BODIES, rating - 1),
    }, review
