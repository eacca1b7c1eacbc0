"""Dagster's instance: its folder, storage, run launcher and database.

Belongs here: every name that Dagster does not publish, with the reason. Does not belong here: assets, sensors, jobs.
"""
