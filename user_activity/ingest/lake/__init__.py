"""The lake's state: one manifest per landing date, corrections of rejected records, and the dates that data affects.

Belongs here: what the lake holds. Does not belong here: building it (``partition/``).
"""
