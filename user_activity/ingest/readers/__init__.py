"""Readers: one module per file format, from bytes to Arrow batches of numbered text records.

Belongs here: where a record begins and ends. Does not belong here: what a field means (``validation/``).
"""
