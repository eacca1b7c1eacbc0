"""What holds for every asset: retries, the warehouse's pool, and the resources that a step is given."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg

from user_activity.settings import Settings, get_settings

# Partitioned checks and code references are called preview and beta by the one version of Dagster we run on.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
warnings.filterwarnings("ignore", category=dg.BetaWarning)

WAREHOUSE_POOL = "warehouse"
RETRIES = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def builders(settings: Settings) -> int:
    """How many runs may build at once: one into a file, into a server as many as the queue lets through."""
    return 1 if settings.warehouse == "duckdb" else 4


@dataclass(frozen=True)
class Progress:
    """Who is told how far a step is: nobody in a daemon's run, a progress bar in a terminal's."""

    tell: Callable[[str, int, int], None] = lambda what, done, total: None


RESOURCES = {
    "settings": dg.ResourceDefinition(lambda _: get_settings(), description="Every setting, as when the run starts."),
    "progress": dg.ResourceDefinition(lambda _: Progress(), description="Who is told how far a step is."),
}
