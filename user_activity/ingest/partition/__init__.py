"""One raw partition: read, validated, written as Parquet parts, committed by its manifest; and withdrawing a file.

Belongs here: the order of writes that survives a kill. Does not belong here: formats (``readers/``).
"""
