"""The warehouse on a PostgreSQL server: readers read its tables and never wait for a build.

Belongs here: everything specific to PostgreSQL. Does not belong here: the SQL of models (``sql/``).
"""

from user_activity.warehouse.postgres.adapter import PostgresWarehouse

__all__ = ["PostgresWarehouse"]
