"""The reader's role: it may read marts, metrics and audit, and nothing else."""

import logging

from psycopg2.extensions import encrypt_password

from user_activity.warehouse.postgres.connections import Connection, fetch_one

READABLE = ("marts", "metrics", "audit")
_log = logging.getLogger(__name__)


def reader_exists(connection: Connection, role: str) -> bool:
    """Whether the role exists."""
    return bool(fetch_one(connection, "select count(*) from pg_roles where rolname = %s", [role]))


def ensure_reader(connection: Connection, role: str, password: str | None) -> None:
    """Create the role if it is missing, and grant read rights on existing and future tables.

    If the role is missing and the owner may not create roles, only the owner can read; this is logged.
    """
    with connection.cursor() as cursor:
        if not reader_exists(connection, role):
            if not fetch_one(connection, "select rolcreaterole or rolsuper from pg_roles where rolname = current_user"):
                _log.warning(
                    "There is no role %s, and the warehouse's user may not create it: no other role can read.", role
                )
                return
            cursor.execute(f'create role "{role}" nologin')
            # The owner's own user statements run as the reader.
            cursor.execute(f'grant "{role}" to current_user')
        for schema in READABLE:
            cursor.execute(f'grant usage on schema {schema} to "{role}"')
            cursor.execute(f'grant select on all tables in schema {schema} to "{role}"')
            cursor.execute(f'alter default privileges in schema {schema} grant select on tables to "{role}"')
        if password:
            # Hashed here, so that no statement log contains the password.
            digest = encrypt_password(password, role, scope=connection, algorithm="scram-sha-256")
            cursor.execute(f'alter role "{role}" login password %s', [digest])
