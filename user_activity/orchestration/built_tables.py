"""Which tables are no longer what their SQL would make them: of a changed or new model, dropped or emptied by hand.

The warehouse keeps for each table the recipe that all its rows were built by. A run that rebuilds some of a changed
table's dates takes the note away first, so that a change that is taken back leaves no rows behind.
"""

from collections.abc import Iterable, Mapping

from user_activity.orchestration.dbt.recipes import Recipes
from user_activity.warehouse import Rows, Warehouse

TABLE = "audit.built_tables"


def changed(warehouse: Warehouse, recipes: Recipes) -> set[str]:
    """The relations to build for all dates: of another recipe than the one they were built by, missing, or empty."""
    with warehouse.reading():
        noted = _noted(warehouse)
        present = _present(warehouse)
        filled = [name for name, (_, has_rows) in noted.items() if has_rows and name in present]
        emptied = set(filled) - _with_rows(warehouse, filled)
    return {
        relation
        for relation, digest in recipes.digests().items()
        if noted.get(relation, (None, False))[0] != digest or relation not in present or relation in emptied
    }


def forget(warehouse: Warehouse, relations: Iterable[str]) -> None:
    """Have the next build make these tables anew, whatever they were built by."""
    noted = _noted(warehouse)
    _note(warehouse, {name: (None, noted[name][1]) for name in relations if name in noted})


def begin(warehouse: Warehouse, recipes: Recipes, relations: Iterable[str]) -> list[str]:
    """Note that a run is about to write tables that were built by another recipe; which these are."""
    noted, digests = _noted(warehouse), recipes.digests()
    other = [name for name in relations if name in noted and name in digests and noted[name][0] != digests[name]]
    if other:
        _note(warehouse, {name: (None, noted[name][1]) for name in other})
    return sorted(other)


def finish(warehouse: Warehouse, recipes: Recipes, relations: Iterable[str], *, all_dates: bool) -> None:
    """Note what a run has built: of a table that is of another recipe only if the run has built all its dates."""
    noted, digests = _noted(warehouse), recipes.digests()
    current = [
        name for name in relations if name in digests and (all_dates or noted.get(name, ("",))[0] == digests[name])
    ]
    with warehouse.reading():
        filled = _with_rows(warehouse, current)
    fresh = {name: (digests[name], name in filled and recipes.is_stored(name)) for name in current}
    _note(warehouse, {name: note for name, note in fresh.items() if noted.get(name) != note})


def _noted(warehouse: Warehouse) -> dict[str, tuple[str | None, bool]]:
    """By relation, the recipe of all its rows (None while a run changes that), and whether it had any."""
    return {name: (recipe, has_rows) for name, recipe, has_rows in warehouse.query(f"select * from {TABLE}").rows}


def _note(warehouse: Warehouse, notes: Mapping[str, tuple[str | None, bool]]) -> None:
    if notes:
        rows = tuple((name, recipe, has_rows) for name, (recipe, has_rows) in notes.items())
        warehouse.replace_rows("relation", list(notes), {TABLE: Rows(("relation", "recipe", "has_rows"), rows)})


def _present(warehouse: Warehouse) -> set[str]:
    found = warehouse.query("select table_schema || '.' || table_name from information_schema.tables")
    return {name for (name,) in found.rows}


def _with_rows(warehouse: Warehouse, relations: Iterable[str]) -> set[str]:
    """Those that hold at least one row."""
    asked = " union all ".join(f"select '{name}' where exists (select 1 from {name})" for name in relations)
    return {name for (name,) in warehouse.query(asked).rows} if asked else set()
