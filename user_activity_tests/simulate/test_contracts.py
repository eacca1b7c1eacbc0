"""The contracts take what the simulation calls good, and reject what it calls messy."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from user_activity.settings import Settings
from user_activity.sources import SOURCES
from user_activity.sources.contracts.values import ValidationContext
from user_activity_tests.simulate.conftest import Landed, Season

SETTINGS = Settings(_env_file=None)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, list | dict | bool) else str(value)


def _is_accepted(entry: Landed) -> bool:
    if entry.record is None:
        return False
    texts = {name: _text(value) for name, value in entry.record.items()}
    try:
        SOURCES[entry.source].contract.model_validate(texts, context=ValidationContext(SETTINGS, entry.landing))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_the_contract_agrees_with_the_simulation(season: Season, source: str) -> None:
    accepted = sum(_is_accepted(entry) for entry in season.landed if entry.source == source)
    assert accepted == season.summary.accepted.get(source, 0)
