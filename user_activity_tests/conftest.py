"""What every test stands on."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that no worker begins a long one when the others have nothing left to do."""
    long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, but for what Dagster says of its own API and does not mean for a pinned release."""
    for library_says in (
        r"ignore:.* is currently in (beta|preview)",
        r"ignore:.*will be removed in.*:DeprecationWarning:dagster",
    ):
        config.addinivalue_line("filterwarnings", library_says)
