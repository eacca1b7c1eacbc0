"""The lake's state: the manifest of each landing date, corrections of rejected records, and which dates are touched.

Belongs here: what the lake holds. Does not belong here: building it (``partition/``).
"""
