"""Who visits on which day, and which steps each visit takes."""

from dataclasses import dataclass

import numpy as np

from user_activity.simulate.draws import Bools, Floats, Ints, Objects, codes, ids, only

# A visit goes through these steps in order and takes each one never, once or several times. The three pairs of
# view and cart are the lines of its basket.
STEPS = (
    ("landing", "page_view"),
    ("signup", "signup"),
    ("login", "login"),
    ("browse", ""),
    ("view", "product_view"),
    ("cart", "add_to_cart"),
    ("view", "product_view"),
    ("cart", "add_to_cart"),
    ("view", "product_view"),
    ("cart", "add_to_cart"),
    ("remove", "remove_from_cart"),
    ("checkout", "checkout"),
    ("purchase", "purchase"),
    ("share", "share"),
    ("logout", "logout"),
)
LANDING, SIGNUP, LOGIN, BROWSE, FIRST_VIEW, FIRST_CART = range(6)
REMOVE, CHECKOUT, PURCHASE, SHARE, LOGOUT = range(10, 15)
BASKET_LINES = 3
LONGEST_BROWSE = 30

_BOUNCE, _LOOK, _CART, _CHECKOUT, _PURCHASE = range(5)
_GOALS = (0.30, 0.40, 0.12, 0.06, 0.12)
_CHANNEL_SHARES = (0.30, 0.28, 0.16, 0.11, 0.08, 0.07)
CHANNELS = ("Organic Search", "Direct", "Paid Search", "Organic Social", "Email", "Referral")
_TRACKED_SHARE = 0.92  # the share of visits whose tracker sends a session id
_BOT_SHARE = 0.024  # of the visits; about 2 % of the events, because robots view fewer pages
CRAWLERS = 14


@dataclass(frozen=True)
class Visits:
    """Arrays with one entry per visit, ordered by day.

    ``user`` is a number: existing users first (``first_users`` of them), then new users, then crawlers.
    """

    day: Ints
    user: Ints
    steps: Ints
    basket: Ints
    channel: Ints
    session_ids: Objects
    is_new: Bools
    is_bot: Bools
    first_users: int


def draw_visits(rng: np.random.Generator, daily_shares: Floats, events: int) -> Visits:
    """Draw visits for ``events`` events in total (the last may be cut short), spread over the days by their shares."""
    is_bot = rng.random(events) < _BOT_SHARE
    is_new = (rng.random(events) < 0.24) & ~is_bot
    steps, basket = _draw_steps(rng, is_new, is_bot)
    ends = np.cumsum(steps.sum(axis=1))
    visits = int(np.searchsorted(ends, events)) + 1
    begins = np.concatenate([[0], ends[: visits - 1]])
    day = np.searchsorted(np.cumsum(daily_shares)[:-1] * events, begins, side="right")
    is_new, is_bot = is_new[:visits], is_bot[:visits]
    user, first_users = _choose_users(rng, day, is_new, is_bot, len(daily_shares))
    channel = np.where(is_bot, CHANNELS.index("Direct"), codes(rng, _CHANNEL_SHARES, visits))
    session_ids = only(rng.random(visits) < _TRACKED_SHARE, ids(rng, "s", visits))
    return Visits(day, user, steps[:visits], basket[:visits], channel, session_ids, is_new, is_bot, first_users)


def _draw_steps(rng: np.random.Generator, is_new: Bools, is_bot: Bools) -> tuple[Ints, Ints]:
    visits = len(is_new)
    goal = np.where(is_bot, _LOOK, codes(rng, _GOALS, visits))
    goal = np.where(is_new, np.maximum(goal, _LOOK), goal)
    basket = np.where(goal >= _CART, 1 + codes(rng, (0.68, 0.22, 0.10), visits), 0)
    steps = np.zeros((visits, len(STEPS)), dtype=np.int64)

    def sometimes(step: int, among: Bools, probability: float) -> None:
        steps[:, step] = among & (rng.random(visits) < probability)

    steps[:, LANDING] = 1
    steps[:, SIGNUP] = is_new
    sometimes(LOGIN, (goal > _BOUNCE) & ~is_new & ~is_bot, 0.35)
    steps[:, BROWSE] = np.where(goal > _BOUNCE, rng.geometric(0.27, visits).clip(0, LONGEST_BROWSE), 0)
    for line in range(BASKET_LINES):
        steps[:, FIRST_VIEW + 2 * line] = steps[:, FIRST_CART + 2 * line] = basket > line
    sometimes(REMOVE, goal == _CART, 0.2)
    steps[:, CHECKOUT] = goal >= _CHECKOUT
    steps[:, PURCHASE] = goal == _PURCHASE
    sometimes(SHARE, (goal > _BOUNCE) & ~is_bot, 0.04)
    sometimes(LOGOUT, (goal > _BOUNCE) & ~is_bot, 0.15)
    return steps, basket


def _choose_users(rng: np.random.Generator, day: Ints, is_new: Bools, is_bot: Bools, days: int) -> tuple[Ints, int]:
    first_users = max(1, len(day) // 25)
    joined = np.concatenate([np.full(first_users, -1), day[is_new]])
    users = len(joined)
    # A third never returns. The others stay for 90 days on average, users from before the first day for longer.
    stays = np.where(rng.random(users) < 0.33, 0, rng.exponential(90, users))
    stays[:first_users] = rng.exponential(240, first_users)
    stays[0] = days
    leaves = joined + stays
    pull = rng.gamma(0.8, 1, users) + 0.02

    user = np.empty(len(day), dtype=np.int64)
    user[is_new] = first_users + np.arange(users - first_users)
    user[is_bot] = users + rng.integers(0, CRAWLERS, int(is_bot.sum()))
    returning = np.flatnonzero(~is_new & ~is_bot)
    for today, visits in enumerate(np.split(returning, np.searchsorted(day[returning], np.arange(1, days)))):
        known = int(np.searchsorted(joined, today))
        user[visits] = codes(rng, np.where(leaves[:known] >= today, pull[:known], 0.0), len(visits))
    return user, first_users
