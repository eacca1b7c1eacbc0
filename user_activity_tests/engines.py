"""Whether two instances on different engines hold the same: tables, types of columns, rows, what came from the lake."""

from user_activity_tests.platform import Platform, differences

TYPES = {
    "VARCHAR": {"character varying", "text"},
    "DOUBLE": {"double precision"},
    "TIMESTAMP": {"timestamp without time zone"},
    "BIGINT[]": {"ARRAY"},
}
FROM_LAKE = {
    "landed_files": "source, landing_date, file_name, file_sha256, status, rows_landed, rows_accepted, event_dates",
    "landed_dates": "*",
    "bad_records": "*",
    "replaced_dates": "*",
}


def assert_same_tables(ours: Platform, theirs: Platform) -> None:
    """The same whatever their last runs built."""
    for table, columns in FROM_LAKE.items():
        assert account(ours, table, columns) == account(theirs, table, columns)
    here, there = ours.columns(), theirs.columns()
    assert {name: list(columns) for name, columns in here.items()} == {
        name: list(columns) for name, columns in there.items()
    }
    others = {
        f"{table}.{column}": (kind, there[table][column])
        for table, columns in here.items()
        for column, kind in columns.items()
        if kind not in TYPES.get(there[table][column], {there[table][column].partition("(")[0].lower(), "numeric"})
        or (kind == "numeric") != there[table][column].startswith("DECIMAL")
    }
    assert not others
    assert not differences(ours.tables(), theirs.tables())


def account(platform: Platform, table: str, columns: str) -> list[str]:
    return sorted(map(repr, platform.query(f"select {columns} from audit.{table}")))
