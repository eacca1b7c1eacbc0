"""Building blocks of sources: the contract's base class, value types, and the ``Source`` declaration.

Belongs here: what several sources share. Does not belong here: any one source (its module in ``sources``).
"""
