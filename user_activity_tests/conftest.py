"""What every test stands on."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, but for what Dagster says of its own API and does not mean for a pinned release."""
    for library_says in (
        r"ignore:.* is currently in (beta|preview)",
        r"ignore:.*will be removed in.*:DeprecationWarning:dagster",
    ):
        config.addinivalue_line("filterwarnings", library_says)
