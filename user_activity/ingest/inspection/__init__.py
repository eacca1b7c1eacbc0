"""Inspection of a file before it lands: a sample, a proposed source and field map, and what validation says of them.

Belongs here: sampling, guesses, the data of the report. Does not belong here: reading and validating (``readers/``,
``validation/``: inspection uses theirs), printing (``cli/``).
"""
