"""Dagster's instance: its folder, storage, run launcher and database.

Belongs here: every use of Dagster's private names, with the reason. Does not belong here: assets, sensors, jobs.
"""
