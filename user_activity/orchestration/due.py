"""What is due: files that wait, a catalogue that has not come this week, dates that are stale.

Belongs here: questions that can be answered without Dagster. Does not belong here: doing what is due (``run.py``).
"""

from collections import defaultdict
from datetime import date

from user_activity.ingest import lake, landing
from user_activity.orchestration import consumed
from user_activity.settings import Settings
from user_activity.sources import SOURCES


def waiting(settings: Settings) -> dict[str, set[date]]:
    """The landing dates on which files wait, by source."""
    found: dict[str, set[date]] = defaultdict(set)
    for file in landing.scan(settings):
        found[file.source].add(file.landing_date)
    return found


def catalogue(settings: Settings) -> bool:
    """Whether the products have an address, and none of this week's has landed yet."""
    products = SOURCES["products"]
    week = products.partition_of(landing.utc_today())
    landed = {day for _, day in lake.state(settings, "products")} | waiting(settings)["products"]
    return settings.products_url is not None and week not in map(products.partition_of, landed)


def anything(settings: Settings) -> bool:
    """Whether a run would find something to do."""
    return bool(waiting(settings) or consumed.stale(settings) or catalogue(settings))
