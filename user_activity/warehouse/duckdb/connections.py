"""Connections to the DuckDB file, which only one process at a time can write."""

import time
from pathlib import Path
from typing import Any

import duckdb

from user_activity.warehouse import WarehouseBusy


def connect(path: Path, read_only: bool, config: dict[str, Any], patience_seconds: float) -> duckdb.DuckDBPyConnection:
    """Open the file. Raises :class:`WarehouseBusy` if another process holds it for longer than ``patience_seconds``."""
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
