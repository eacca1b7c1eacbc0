"""Dagster assets and asset checks: one module per layer.

Belongs here: what a run materialises and reports. Does not belong here: when it runs (``jobs``, ``sensors``).
"""
