"""Steps of funnels that no event type counts as are named, with what may mean them."""

from pathlib import Path
from typing import Any

import pytest

from user_activity.ingest.funnel_steps import steps_without_events
from user_activity.settings import Settings

OWN = "funnel,step,event_type,window_seconds\nbuy,1,search,60\nbuy,1,browse,60\nbuy,2,purchase,60\n"


@pytest.mark.parametrize(
    ("event_types", "roles", "says"),
    [
        ("", {}, None),
        ("*", {}, None),
        ("page_view,Add To Cart,purchase", {}, None),
        ("view,cart,purchase", {"product_view": "view", "add_to_cart": ["cart"]}, None),
        ("view,cart,purchase", {}, "step 1 (page_view or product_view), step 2 (add_to_cart) of the funnel purchase: "),
        ("view,cart,purchase", {}, "(roles: {product_view: [view], add_to_cart: [cart]})"),
        ("view,cart,purchase", {"product_view": "view"}, "as step 2 (add_to_cart) of the funnel purchase"),
        ("page_view,trolley,BUY", {}, "(roles: {add_to_cart: […], purchase: [BUY]})"),
    ],
)
def test_a_step_that_no_event_type_counts_as_is_named(
    event_types: str, roles: dict[str, Any], says: str | None, tmp_path: Path
) -> None:
    more: dict[str, Any] = {"event_types": event_types} if event_types else {}
    settings = Settings(_env_file=None, data_dir=tmp_path, field_maps={"events": {"roles": roles}}, **more)
    found = steps_without_events(settings)
    assert (says in found[0] and len(found) == 1) if says else not found


def test_funnels_of_a_file_are_those_that_count(tmp_path: Path) -> None:
    (tmp_path / "funnels.csv").write_text(OWN)
    settings = Settings(
        _env_file=None, data_dir=tmp_path, funnels_file=tmp_path / "funnels.csv", event_types="browse,page_view"
    )
    assert [sentence.partition(":")[0] for sentence in steps_without_events(settings)] == [
        "No accepted event type counts as step 2 (purchase) of the funnel buy"
    ]
