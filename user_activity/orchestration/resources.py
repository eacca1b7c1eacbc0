"""Shared asset configuration: retry policy, warehouse pool, and resources."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import dagster as dg

from user_activity.settings import Settings, get_settings
from user_activity.stopping import Stop, Stopped

# The pinned version of Dagster marks partitioned checks and code references as preview and beta.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
warnings.filterwarnings("ignore", category=dg.BetaWarning)

WAREHOUSE_POOL = "warehouse"
RETRIES = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def builders(settings: Settings) -> int:
    """Return the maximum number of concurrent builds: 1 for DuckDB, 4 for a server."""
    return 1 if settings.warehouse == "duckdb" else 4


@dataclass(frozen=True)
class Progress:
    """Reports a step's progress to a command and ends the step on a stop request; does nothing in the daemon."""

    tell: Callable[[str, int, int], None] = lambda what, done, total: None
    stop: Stop = field(default_factory=Stop)

    def heed_stop(self) -> None:
        """Raise ``dg.Failure``, without retries, if a stop was requested."""
        try:
            self.stop.heed()
        except Stopped as stopped:
            raise dg.Failure(str(stopped), allow_retries=False) from None


RESOURCES = {
    "settings": dg.ResourceDefinition(lambda _: get_settings(), description="All settings, read when the run starts."),
    "progress": dg.ResourceDefinition(lambda _: Progress(), description="Reports the progress of a step."),
}
