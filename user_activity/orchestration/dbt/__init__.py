"""dbt inside Dagster's process: its invocations, a run's build, and descriptions of tests.

Belongs here: everything that calls dbt or reads its manifest. Does not belong here: Dagster assets (``assets/``).
"""
