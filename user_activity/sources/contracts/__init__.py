"""What sources are made of: the contract's base, kinds of value, and the facts that a ``Source`` declares.

Belongs here: what several sources share. Does not belong here: any one source (its module in ``sources``).
"""
