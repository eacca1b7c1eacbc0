"""Orchestration: the only package that imports Dagster.

Belongs here: assets, checks, sensors, schedules, jobs, and how a run is started. Does not belong here: how a file is
read (``ingest/``), how a table is computed (``sql/``), or code for one warehouse engine (``warehouse/``).
"""
