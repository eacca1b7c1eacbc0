"""Dagster's runs as facts: their history for the audit tables, which are alive, and why one failed.

Belongs here: reading runs. Does not belong here: starting them (``command_runs``, ``sensors``).
"""
