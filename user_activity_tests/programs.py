"""Programs that tests drive and pip cannot install: without one its tests are skipped, but never where CI runs them."""

import os
import shutil

import pytest


def program(name: str, debian_package: str) -> tuple[str, pytest.MarkDecorator]:
    """The program's path, and a mark for the tests that drive it."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    is_left_out = path is None and not os.environ.get("CI")
    reason = f"{name} is not installed (Debian: apt-get install {debian_package})"
    return path or name, pytest.mark.skipif(is_left_out, reason=reason)
