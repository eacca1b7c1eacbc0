"""Validation: a SQL fast path decides most records, pydantic decides and explains the rest.

Belongs here: field mapping, SQL expressions, rules as predicates. Does not belong here: the rules (``sources/``).
"""
