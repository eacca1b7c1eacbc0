"""Who is a bot, by user agent."""

from datetime import date

import pytest

from user_activity_tests.laws.histories import encode
from user_activity_tests.models.conftest import Opened
from user_activity_tests.models.user_agents import BOTS, PEOPLE

EXPECTED: dict[str | None, str | None] = {user_agent: kind for kind, agents in BOTS.items() for user_agent in agents}
EXPECTED |= dict.fromkeys((*PEOPLE, None))


@pytest.fixture(scope="module")
def reasons(opened: Opened) -> dict[str | None, str | None]:
    platform = opened(start_date=date(2025, 1, 1))
    records = tuple(
        {"event_id": str(number), "user_id": "ann", "event_type": "page_view", "event_at": "2025-01-10T12:00:00Z"}
        | ({"user_agent": user_agent} if user_agent else {})
        for number, user_agent in enumerate(EXPECTED)
    )
    platform.drop("events", date(2025, 1, 10), "events.jsonl", encode(records, "events.jsonl"))
    platform.run()
    return dict(
        platform.query("select user_agent, bot_reason from staging.stg_events where is_bot = (bot_reason is not null)")
    )


def test_every_program_is_a_bot_of_its_kind_and_no_person_is(reasons: dict[str | None, str | None]) -> None:
    assert len(PEOPLE) >= 60
    assert len(EXPECTED) - len(PEOPLE) >= 60
    assert reasons == EXPECTED
