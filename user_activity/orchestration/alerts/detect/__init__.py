"""Detectors: failed runs and checks, late data, failing sensor ticks, and the owners of each.

Belongs here: what counts as an incident. Does not belong here: what was sent to whom (``incidents``).
"""
