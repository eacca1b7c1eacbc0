"""Which tables are built again because of their SQL, or because somebody took their rows away."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from user_activity.orchestration.dbt.recipes import Recipes
from user_activity.orchestration.dbt.runner import ensure_manifest
from user_activity.settings import Settings

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    found: Manifest = json.loads(ensure_manifest(Settings(_env_file=None)).read_bytes())
    return found


def stale_after(manifest: Manifest, change: Callable[[Manifest], None]) -> set[str]:
    """The tables whose recipe a change of the project makes another."""
    changed = {**manifest, **{kind: copy.deepcopy(manifest[kind]) for kind in ("nodes", "macros")}}
    change(changed)
    before, after = Recipes(manifest).digests, Recipes(changed).digests
    return {relation for relation in before.keys() | after.keys() if before.get(relation) != after.get(relation)}


def model(manifest: Manifest, name: str) -> Any:
    return manifest["nodes"][f"model.user_activity.{name}"]


def edit(name: str, **parts: Any) -> Callable[[Manifest], None]:
    return lambda manifest: model(manifest, name).update(parts)


def test_another_text_column_or_configuration_of_a_model_is_another_recipe(manifest: Manifest) -> None:
    orders = {"marts.fct_orders"}
    text = model(manifest, "fct_orders")["raw_code"]
    columns = model(manifest, "fct_orders")["columns"]
    config = model(manifest, "fct_orders")["config"]
    assert stale_after(manifest, edit("fct_orders", raw_code=text + "where 1 = 1")) == orders
    assert stale_after(manifest, edit("fct_orders", columns=dict(list(columns.items())[1:]))) == orders
    assert stale_after(manifest, edit("fct_orders", config=config | {"replaces": "replaces_all_rows"})) == orders
    assert stale_after(manifest, edit("fct_orders", config=config | {"tags": ["daily"]})) == set()
    assert stale_after(manifest, edit("fct_orders", raw_code="{# a remark #}\n\n" + text)) == set()
    assert stale_after(manifest, lambda changed: changed["nodes"].pop("model.user_activity.fct_orders")) == orders


def test_a_change_of_a_macro_is_another_recipe_of_each_table_whose_sql_calls_it(manifest: Manifest) -> None:
    models = {name: model(manifest, name.split(".")[1]) for name in Recipes(manifest).digests}
    known = {name: set(node["depends_on"]["macros"]) for name, node in models.items()}
    macros = {name for name in set.union(*known.values()) if name.startswith("macro.user_activity.")}
    assert len(macros) > 40
    for macro in sorted(macros - {"macro.user_activity.refreshed_statistics"}):
        assert {table for table in models if macro in known[table]} <= stale_after(manifest, edit_macro(macro)), macro


@pytest.mark.parametrize(
    ("macro", "table"),
    [
        ("rebuilt", "intermediate.int_user_lifespans"),  # in a branch that dbt does not take when it parses
        ("in_ranges", "intermediate.int_user_lifespans"),  # and what that calls
        ("duckdb__raw_rows", "staging.stg_events"),  # of one engine, found by dispatch
        ("replaces_rebuilt_users", "intermediate.int_user_lifespans"),  # named in the configuration
    ],
)
def test_a_macro_is_found_wherever_it_is_called(manifest: Manifest, macro: str, table: str) -> None:
    assert table in stale_after(manifest, edit_macro(f"macro.user_activity.{macro}"))


def edit_macro(unique_id: str) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        manifest["macros"][unique_id]["macro_sql"] += "where 1 = 0"

    return change


def test_what_is_made_from_a_table_is_built_with_it_and_so_are_the_seeds_that_it_reads(manifest: Manifest) -> None:
    found = Recipes(manifest).with_descendants(["staging.stg_events"])
    assert {"staging.stg_events", "staging.channel_sources", "marts.fct_events", "metrics.funnel"} <= set(found)
    assert not {"staging.stg_orders", "audit.rebuilt_dates", "audit.rebuilt_users"} & set(found)
