"""Event records for the steps of the visits."""

import numpy as np

from user_activity.simulate.catalogue import Catalogue
from user_activity.simulate.commerce import Orders
from user_activity.simulate.draws import Bools, Ints, Objects, Table, codes, ids, moment, money, only, pick
from user_activity.simulate.people import AGENT_DEVICES, COUNTRIES, CURRENCIES, USER_AGENTS
from user_activity.simulate.visits import BROWSE, FIRST_VIEW, PURCHASE, REMOVE, STEPS, Visits
from user_activity.simulate.walks import Walk
from user_activity.simulate.world import World

_BROWSING = (("page_view", 0.44), ("product_view", 0.30), ("search", 0.12), ("click", 0.11), ("video_play", 0.03))
_EVENT_TYPES = tuple(dict.fromkeys([name for name, _ in _BROWSING] + [name for _, name in STEPS if name]))
_CODES = {name: code for code, name in enumerate(_EVENT_TYPES)}
_SHOP = "https://shop.example"
_PAGES = ("/", "/new", "/sale", "/c/electronics", "/c/clothing", "/c/home", "/c/sports", "/c/beauty", "/blog/gifts")
_PAGE_SHARES = (0.34, 0.14, 0.12, 0.10, 0.09, 0.08, 0.05, 0.05, 0.03)
_SEARCHES = ("headphones", "rain jacket", "gift under 30", "yoga mat", "lamp", "running shoes", "blue kettle", "novel")
_OWN_PAGES = {
    "signup": "/account/new",
    "login": "/account/login",
    "logout": "/account/logout",
    "search": "/search",
    "add_to_cart": "/cart",
    "remove_from_cart": "/cart",
    "checkout": "/checkout",
    "purchase": "/checkout/done",
    "video_play": "/stories",
}
# For each channel of visits.CHANNELS, its possible values of (referrer, utm_source, utm_medium, utm_campaign).
_ORIGINS = (
    (("https://www.google.com/", None, None, None), ("https://duckduckgo.com/", None, None, None)),
    ((None, None, None, None),),
    (
        ("https://www.google.com/", "google", "cpc", "brand"),
        ("https://www.google.com/", "google", "cpc", "spring_sale"),
        ("https://www.bing.com/", "bing", "cpc", "brand"),
    ),
    (
        ("https://www.instagram.com/", "instagram", "social", "creators"),
        ("https://www.facebook.com/", "facebook", "social", "lookalike"),
        ("https://t.co/aB3xYz", None, None, None),
    ),
    ((None, "newsletter", "email", "weekly"), (None, "newsletter", "email", "win_back")),
    (("https://blog.partner.example/", "partner", "referral", None), ("https://news.example/", None, None, None)),
)


def describe_clicks(rng: np.random.Generator, world: World, orders: Orders) -> Table:
    """Return the event records, one row per event."""
    visits, walk, people = world.visits, world.walk, world.people
    events = len(walk.at)
    event_type = _event_types(rng, walk)
    product, quantity = _products(rng, world, event_type == _CODES["product_view"])
    agent = people.draw_agent(rng, visits.user)
    device = only((rng.random(len(agent)) < 0.3) & ~visits.is_bot, pick(AGENT_DEVICES, agent))
    referrer, source, medium, campaign = _origins(rng, visits)
    user = visits.user[walk.visit]
    table = {
        "event_id": only(rng.random(events) < 0.995, ids(rng, "evt", events)),
        "user_id": people.user_ids[user],
        "session_id": visits.session_ids[walk.visit],
        "event_type": pick(_EVENT_TYPES, event_type),
        "event_at": moment(walk.at),
        "product_id": only(product >= 0, world.catalogue.product_ids[product]),
        "order_id": np.full(events, None, dtype=object),
        "quantity": only(quantity > 0, quantity),
        "revenue": np.full(events, None, dtype=object),
        "currency": np.full(events, None, dtype=object),
        "page_url": _pages(rng, event_type, product, world.catalogue),
        "referrer": only(np.diff(walk.visit, prepend=-1) > 0, referrer[walk.visit]),
        "device": device[walk.visit],
        "user_agent": pick(USER_AGENTS, agent)[walk.visit],
        "country": pick(COUNTRIES, people.country_at(user, walk.at)),
        "utm_source": source[walk.visit],
        "utm_medium": medium[walk.visit],
        "utm_campaign": campaign[walk.visit],
        "search_term": only(event_type == _CODES["search"], pick(_SEARCHES, rng.integers(0, len(_SEARCHES), events))),
    }
    bought = np.flatnonzero(walk.step == PURCHASE)
    table["order_id"][bought] = orders.order_ids[orders.is_bought]
    table["revenue"][bought] = money(orders.gross[orders.is_bought]).astype(object)
    table["quantity"][bought] = orders.units[orders.is_bought].astype(object)
    table["currency"][bought] = pick(CURRENCIES, orders.country[orders.is_bought])
    return table


def _event_types(rng: np.random.Generator, walk: Walk) -> Ints:
    drawn = codes(rng, [share for _, share in _BROWSING], len(walk.step))
    browsing = np.array([_CODES[name] for name, _ in _BROWSING])[drawn]
    fixed = np.array([_CODES.get(name, -1) for _, name in STEPS])[walk.step]
    return np.where(walk.step == BROWSE, browsing, fixed)


def _products(rng: np.random.Generator, world: World, viewed: Bools) -> tuple[Ints, Ints]:
    """The product of each event (-1 if none) and the quantity put into the cart (0 if none)."""
    walk, baskets = world.walk, world.baskets
    product = np.where(viewed, world.catalogue.draw(rng, world.visits.day[walk.visit]), -1)
    in_basket = (walk.step >= FIRST_VIEW) & (walk.step <= REMOVE)
    line = np.where(walk.step == REMOVE, 0, (walk.step - FIRST_VIEW) // 2)
    where = (walk.visit[in_basket], line[in_basket])
    product[in_basket] = baskets.products[where]
    quantity = np.zeros_like(product)
    quantity[in_basket] = baskets.quantities[where]
    quantity[viewed] = 0
    return product, quantity


def _pages(rng: np.random.Generator, event_type: Ints, product: Ints, catalogue: Catalogue) -> Objects:
    shop_page = pick([_SHOP + path for path in _PAGES], codes(rng, _PAGE_SHARES, len(event_type)))
    own_page = pick([_SHOP + _OWN_PAGES.get(name, "") for name in _EVENT_TYPES], event_type)
    page = np.where(np.array([name in _OWN_PAGES for name in _EVENT_TYPES])[event_type], own_page, shop_page)
    product_page = _SHOP + "/p/" + catalogue.product_ids
    return np.where(event_type == _CODES["product_view"], product_page[product], page)


def _origins(rng: np.random.Generator, visits: Visits) -> tuple[Objects, ...]:
    """The referrer and UTM tags of each visit, drawn from those of its channel."""
    sizes = np.array([len(origins) for origins in _ORIGINS])
    chosen = (np.cumsum(sizes) - sizes)[visits.channel] + rng.integers(0, sizes[visits.channel])
    flat = [origin for origins in _ORIGINS for origin in origins]
    return tuple(pick([origin[part] for origin in flat], chosen) for part in range(4))
