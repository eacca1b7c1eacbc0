"""dbt inside Dagster's process: running it, one run's build, and what each test holds in words.

Belongs here: everything that calls dbt or reads its manifest. Does not belong here: Dagster assets (``assets/``).
"""
