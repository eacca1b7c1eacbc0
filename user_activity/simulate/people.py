"""The users' attributes, and how they change."""

from dataclasses import dataclass

import numpy as np

from user_activity.simulate.draws import DAY, Ints, Objects, Table, codes, ids, moment, pick
from user_activity.simulate.visits import CHANNELS, CRAWLERS, Visits

_NEVER = np.iinfo(np.int64).max
COUNTRIES = ("US", "DE", "GB", "FR", "NL", "CA", "ES", "BR", "IN", "AU")
_COUNTRY_SHARES = (0.36, 0.14, 0.12, 0.08, 0.06, 0.06, 0.05, 0.05, 0.05, 0.03)
CURRENCIES = ("USD", "EUR", "GBP", "EUR", "EUR", "CAD", "EUR", "USD", "USD", "USD")
_LANGUAGES = ("en", "de", "en", "fr", "nl", "en", "es", "pt", "en", "en")
_PLANS = ("free", "plus", "premium")
_GIVEN = ("Ada", "Ben", "Chloé", "Dmitri", "Emma", "Farid", "Grace", "Hugo", "Inès", "Jonas", "Kaito", "Léa", "María")
_FAMILY = ("Almeida", "Becker", "Costa", "Dubois", "Evans", "Fischer", "García", "Hughes", "Ito", "Jansen", "O'Neill")
DEVICES = ("desktop", "mobile", "tablet")
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
_AGENTS_OF_DEVICES = (
    (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/131.0.0.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Safari/605.1.15",
    ),
    (
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_CHROME} Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {_CHROME} Mobile Safari/537.36",
        "Mozilla/5.0 (Android 15; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0",
    ),
    (
        f"Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (Linux; Android 14; SM-X710) {_CHROME} Safari/537.36",
    ),
)
_CRAWLER_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
    "python-requests/2.32.3",
    "curl/8.11.0",
)

USER_AGENTS = tuple(agent for agents in _AGENTS_OF_DEVICES for agent in agents) + _CRAWLER_AGENTS
AGENT_DEVICES = [device for device, agents in zip(DEVICES, _AGENTS_OF_DEVICES, strict=True) for _ in agents]
AGENT_DEVICES += [""] * len(_CRAWLER_AGENTS)


@dataclass(frozen=True)
class People:
    """Arrays with one entry per user, crawlers last. Each attribute of a user changes at most once.

    ``since`` is the time from which a user has a profile. It has no entries for crawlers.
    """

    user_ids: Objects
    since: Ints
    country: Ints
    new_country: Ints
    moves_at: Ints
    device: Ints
    agents: Ints

    def country_at(self, user: Ints, at: Ints) -> Ints:
        """The country of each user at each time, as an index into ``COUNTRIES``."""
        return np.where(at >= self.moves_at[user], self.new_country[user], self.country[user])

    def draw_agent(self, rng: np.random.Generator, user: Ints) -> Ints:
        """The user agent of each visit (an index into ``USER_AGENTS``): usually the user's first, else the second."""
        return self.agents[user, (rng.random(len(user)) < 0.15).astype(np.int64)]


def gather(rng: np.random.Generator, visits: Visits, signups: Ints, begin: int, end: int) -> People:
    """Create the users of the visits; ``signups`` are the sign-up times of new users, in the order of their visits."""
    since = np.concatenate([np.full(visits.first_users, begin), signups])
    everyone = len(since) + CRAWLERS
    device = codes(rng, (0.42, 0.50, 0.08), everyone)
    country = codes(rng, _COUNTRY_SHARES, everyone)
    return People(
        user_ids=ids(rng, "u", everyone),
        since=since,
        country=country,
        new_country=(country + rng.integers(1, len(COUNTRIES), everyone)) % len(COUNTRIES),
        moves_at=np.concatenate([_changes(rng, 0.03, since, end), np.full(CRAWLERS, _NEVER)]),
        device=device,
        agents=np.stack([_draw_agents(rng, device), _draw_agents(rng, codes(rng, (0.4, 0.6), everyone))], axis=1),
    )


def _draw_agents(rng: np.random.Generator, device: Ints) -> Ints:
    sizes = np.array([len(agents) for agents in _AGENTS_OF_DEVICES])
    agents: Ints = (np.cumsum(sizes) - sizes)[device] + rng.integers(0, sizes[device])
    agents[-CRAWLERS:] = sizes.sum() + np.arange(CRAWLERS) % len(_CRAWLER_AGENTS)
    return agents


def _changes(rng: np.random.Generator, probability: float, since: Ints, end: int) -> Ints:
    """The time at which each user changes an attribute, after ``since``; ``_NEVER`` for most users."""
    at = since + (rng.random(len(since)) * (end - since)).astype(np.int64)
    return np.where((rng.random(len(since)) < probability) & (at > since), at, _NEVER)


def describe_people(rng: np.random.Generator, visits: Visits, people: People, end: int) -> Table:
    """The profile records before ``end``: one at ``since``, and one for each change."""
    since, users = people.since, len(people.since)
    moves_at = people.moves_at[:users]
    upgrades_at, renames_at, switches_at = (_changes(rng, share, since, end) for share in (0.18, 0.05, 0.06))
    user = np.concatenate([np.arange(users)] * 5)
    at = np.concatenate([since, moves_at, upgrades_at, renames_at, switches_at])
    user, at = user[at < end], at[at < end]

    plan = codes(rng, (0.8, 0.15, 0.05), users)
    device = people.device[user]
    given, family = pick(_GIVEN, user * 5 % len(_GIVEN)), pick(_FAMILY, user * 7 % len(_FAMILY))
    mailbox = np.where(at >= renames_at[user], "mail.example", "example.com")
    country = people.country_at(user, at)
    channel = np.concatenate([codes(rng, (0.5, 0.5), visits.first_users), visits.channel[visits.is_new]])
    signed_up_at = since.copy()
    signed_up_at[: visits.first_users] -= rng.integers(DAY, 700 * DAY, visits.first_users)
    return {
        "user_id": people.user_ids[user],
        "updated_at": moment(at),
        "signed_up_at": moment(signed_up_at[user]),
        "name": given + " " + family,
        "email": np.array([f"user{number}@{host}" for number, host in zip(user, mailbox, strict=True)], dtype=object),
        "country": pick(COUNTRIES, country),
        "device": pick(DEVICES, np.where(at >= switches_at[user], (device + 1) % len(DEVICES), device)),
        "language": pick(_LANGUAGES, people.country[user]),
        "plan": pick(_PLANS, np.where(at >= upgrades_at[user], (plan[user] + 1) % len(_PLANS), plan[user])),
        "acquisition_channel": pick(CHANNELS, channel[user]),
        "newsletter": pick(["yes", "no"], user % 2),
    }
