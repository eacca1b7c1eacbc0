"""Quarantine: every rejected record with its text, rules and state; and the export of records for repair.

Belongs here: finding and counting rejected records. Does not belong here: why a record is rejected (``validation/``).
"""

from user_activity.ingest.quarantine.records import (
    BadRecord,
    Selection,
    State,
    by_rule,
    marks,
    open_by_source,
    select,
    stream,
)

__all__ = ["BadRecord", "Selection", "State", "by_rule", "marks", "open_by_source", "select", "stream"]
