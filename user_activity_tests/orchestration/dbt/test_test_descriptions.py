"""Checks say what they hold and, when they fail, what they found."""

import dagster as dg
import pytest

from user_activity.orchestration.dbt.test_descriptions import found


def test_every_check_says_what_it_holds(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    words = {key.name: graph.get_check_spec(key).description or "" for key in graph.asset_check_keys}
    assert [name for name, text in words.items() if not text.strip() or "{" in text.split("`")[0]] == []
    assert words["event_key_is_unique_in_fct_events"] == (
        "Every row has its key (`event_key`), and no other row has the same."
    )
    assert (
        "- `user_version_key` is in `dim_users`" in words["fct_events_point_at_known_users_types_products_and_sessions"]
    )


@pytest.mark.parametrize(
    ("failures", "words"),
    [
        (1, "1 row breaks it; the first: event_key 7, broken_rules too long."),
        (3, "3 rows break it; the first: event_key 7, broken_rules too long."),
        (100, "100 or more rows break it; the first: event_key 7, broken_rules too long."),
    ],
)
def test_a_failure_is_counted_and_shown(failures: int, words: str) -> None:
    assert found(failures, [{"event_key": 7, "day": None, "broken_rules": "too long; "}]) == words
