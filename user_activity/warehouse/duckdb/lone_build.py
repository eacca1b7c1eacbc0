"""A build on the embedded engine, which has no concurrent builds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LoneBuild:
    """A build without concurrent builds, as one process holds the file.

    dbt keeps a reference to this object for ever, so it must not hold the connection.
    """

    environment: Mapping[str, str]
    finished: Callable[[], None]

    def pass_on(self) -> None:
        """Does nothing: other runs are other processes, and they wait for the file."""

    def alone(self) -> bool:
        """Returns False: no other run builds at the same time."""
        return False
