"""Dagster's runs: their history for the audit tables, which are unfinished, and why one failed.

Belongs here: reading runs. Does not belong here: starting them (``command_runs``, ``sensors``).
"""
