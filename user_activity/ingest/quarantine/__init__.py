"""Quarantine: every rejected record, with its text, its rules and its state; and exporting records to mend them.

Belongs here: finding and counting rejected records. Does not belong here: why one is rejected (``validation/``).
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
