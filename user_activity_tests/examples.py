"""How many examples a property draws: few in `make test`, more in `make test-all`, hundreds in `make test-nightly`.

`TESTS` in the environment names the mode. Whatever fails is kept in `.hypothesis/examples` and tried first next time.
"""

import os
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, settings

MODE = os.environ.get("TESTS", "quick")


@dataclass(frozen=True)
class Examples:
    """Examples per mode."""

    quick: int
    all: int
    nightly: int

    @property
    def here(self) -> int:
        """The number for the mode of this session."""
        return int(getattr(self, MODE))


def examples(quick: int, all: int, nightly: int) -> settings:  # noqa: A002
    """Settings for a property whose examples are cheap: a failing one is shrunk."""
    return settings(
        max_examples=Examples(quick, all, nightly).here, deadline=None, suppress_health_check=list(HealthCheck)
    )


def histories_drawn(quick: int, all: int, nightly: int) -> settings:  # noqa: A002
    """Settings for a property whose every example runs the platform: a failing one is printed, not shrunk.

    Hypothesis draws the simplest examples first: a strategy for these settings refuses what shows too little.
    """
    return settings(
        examples(quick, all, nightly),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        print_blob=True,
    )
