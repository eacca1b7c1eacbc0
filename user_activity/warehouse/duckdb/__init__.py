"""The embedded warehouse: one DuckDB file, one writing process at a time.

Belongs here: everything specific to DuckDB as a warehouse. Does not belong here: reading landed files
(``ingest`` uses DuckDB too, but only in memory) and the SQL of models (``sql/``).
"""

from user_activity.warehouse.duckdb.adapter import DuckDBWarehouse

__all__ = ["DuckDBWarehouse"]
