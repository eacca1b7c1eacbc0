"""A command keeps DuckDB's file open while it works, and leaves it to others afterwards."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from user_activity.settings import Settings
from user_activity.warehouse import WarehouseBusy, open_warehouse
from user_activity.warehouse.duckdb import connections


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(_env_file=None, data_dir=tmp_path)
    open_warehouse(found).prepare()
    return found


def test_every_method_uses_the_open_file_and_others_can_open_it_afterwards(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, path = open_warehouse(settings), settings.warehouse_dir / "user_activity.duckdb"
    with warehouse.kept_open():
        opened: list[str] = []
        connect = duckdb.connect
        monkeypatch.setattr(duckdb, "connect", lambda name, **more: opened.append(name) or connect(name, **more))
        warehouse.load("staging.kept", {"number": "integer"}, [[1], [2]])
        with open_warehouse(settings).building("run"), open_warehouse(settings).kept_open():
            assert warehouse.query("select sum(number) from staging.kept").rows == ((3,),)
        assert open_warehouse(settings).query("select count(*) from staging.kept").rows == ((2,),)
        assert opened == []
    with connect(
        path, read_only=True, config={"threads": 1}
    ) as other:  # fails while the file is open with other values
        assert other.execute("select count(*) from staging.kept").fetchone() == (2,)


def test_the_file_is_left_to_others_after_a_failure(settings: Settings) -> None:
    with pytest.raises(LookupError), open_warehouse(settings).kept_open():
        raise LookupError
    with duckdb.connect(settings.warehouse_dir / "user_activity.duckdb", read_only=True, config={"threads": 1}):
        pass


def test_a_file_that_another_process_writes_is_busy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> Callable[[], None]:
        raise duckdb.IOException("Could not set lock on file")

    monkeypatch.setattr(connections.duckdb, "connect", locked)
    with pytest.raises(WarehouseBusy), open_warehouse(settings).kept_open(patience_seconds=0):
        pass
    assert connections._open == {}
