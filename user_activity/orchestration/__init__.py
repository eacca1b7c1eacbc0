"""Orchestration: the only room that imports Dagster.

Belongs here: assets, checks, sensors, schedules, jobs, and how a run is started. Does not belong here: how a file is
read (``ingest/``), how a table is computed (``sql/``), or anything a warehouse engine must know (``warehouse/``).
"""
