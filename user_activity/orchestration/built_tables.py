"""Tables that no longer match their SQL: the model is new or changed, or the table was dropped or emptied by hand.

For each table, the warehouse stores the recipe (``dbt.recipes``) that all its rows were built with. A run that rebuilds
only some dates of a changed table first clears its recipe. So the table is rebuilt even if the change is reverted.
"""

from collections.abc import Iterable, Mapping

from user_activity.orchestration.dbt.recipes import Recipes
from user_activity.warehouse import Rows, Warehouse

TABLE = "audit.built_tables"


def changed(warehouse: Warehouse, recipes: Recipes) -> set[str]:
    """Return the relations to rebuild for all dates: those with a changed recipe, missing ones, and emptied ones."""
    with warehouse.reading():
        noted = _noted(warehouse)
        present = _present(warehouse)
        filled = [name for name, (_, has_rows) in noted.items() if has_rows and name in present]
        emptied = set(filled) - _with_rows(warehouse, filled)
    return {
        relation
        for relation, digest in recipes.digests.items()
        if noted.get(relation, (None, False))[0] != digest or relation not in present or relation in emptied
    }


def forget(warehouse: Warehouse, relations: Iterable[str]) -> None:
    """Have the next build make these tables anew, whatever they were built by."""
    noted = _noted(warehouse)
    _note(warehouse, {name: (None, noted[name][1]) for name in relations if name in noted})


def begin(warehouse: Warehouse, recipes: Recipes, relations: Iterable[str]) -> list[str]:
    """Clear the recipe of tables that a run will write and whose recipe has changed; returns their names, sorted."""
    noted, digests = _noted(warehouse), recipes.digests
    other = [name for name in relations if name in noted and name in digests and noted[name][0] != digests[name]]
    if other:
        _note(warehouse, {name: (None, noted[name][1]) for name in other})
    return sorted(other)


def finish(warehouse: Warehouse, recipes: Recipes, relations: Iterable[str], *, all_dates: bool) -> None:
    """Store the recipes of the built tables; a changed or new recipe only if the run has built all dates."""
    noted, digests = _noted(warehouse), recipes.digests
    current = [
        name for name in relations if name in digests and (all_dates or noted.get(name, ("",))[0] == digests[name])
    ]
    with warehouse.reading():
        filled = _with_rows(warehouse, current)
    fresh = {name: (digests[name], name in filled and recipes.is_stored(name)) for name in current}
    _note(warehouse, {name: note for name, note in fresh.items() if noted.get(name) != note})


def _noted(warehouse: Warehouse) -> dict[str, tuple[str | None, bool]]:
    """Return, by relation, the recipe of all its rows (None if they may differ) and whether it had rows."""
    return {name: (recipe, has_rows) for name, recipe, has_rows in warehouse.query(f"select * from {TABLE}").rows}


def _note(warehouse: Warehouse, notes: Mapping[str, tuple[str | None, bool]]) -> None:
    if notes:
        rows = tuple((name, recipe, has_rows) for name, (recipe, has_rows) in notes.items())
        warehouse.replace_rows("relation", list(notes), {TABLE: Rows(("relation", "recipe", "has_rows"), rows)})


def _present(warehouse: Warehouse) -> set[str]:
    found = warehouse.query("select table_schema || '.' || table_name from information_schema.tables")
    return {name for (name,) in found.rows}


def _with_rows(warehouse: Warehouse, relations: Iterable[str]) -> set[str]:
    """Return the relations that have at least one row."""
    asked = " union all ".join(f"select '{name}' where exists (select 1 from {name})" for name in relations)
    return {name for (name,) in warehouse.query(asked).rows} if asked else set()
