"""Connections to the DuckDB file, which only one process at a time can write."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from user_activity.warehouse import WarehouseBusy

_open: dict[Path, duckdb.DuckDBPyConnection] = {}  # the files that this process keeps open


@contextmanager
def kept_open(path: Path, config: dict[str, Any], patience_seconds: float) -> Iterator[None]:
    """Keep the file open for writing: opening and closing it takes longer than most statements.

    Raises what :func:`connect` raises. Other connections of the process must have the same configuration.
    """
    if path in _open:
        yield
        return
    _open[path] = connect(path, False, config, patience_seconds)
    try:
        yield
    finally:
        _open.pop(path).close()


def connect(path: Path, read_only: bool, config: dict[str, Any], patience_seconds: float) -> duckdb.DuckDBPyConnection:
    """Open the file, or connect to it where this process keeps it open.

    Raises :class:`WarehouseBusy` if another process holds it for longer than ``patience_seconds``.
    """
    if path in _open:
        return _open[path].cursor()
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=config)
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() >= deadline:
                raise WarehouseBusy(f"Another process is using {path}; try again when it has finished.") from error
            time.sleep(0.1)
