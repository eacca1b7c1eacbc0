"""Event, order, product and profile files in, a tested warehouse of sessions, engagement and revenue out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from user_activity.reading import read

__all__ = ["read"]


def __getattr__(name: str) -> Any:
    """``read`` on its first use: importing the package must not import pandas."""
    if name != "read":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from user_activity.reading import read

    return read
