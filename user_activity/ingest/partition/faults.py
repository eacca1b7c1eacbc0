"""Error classification: a fault of the file, which rejects it, or of the machine, which fails the run."""

from collections.abc import Sequence

import duckdb

from user_activity.ingest.partition.result import PartitionResult
from user_activity.ingest.readers.files import FileProblem

SHOWN = 10
_MEMORY = "Out of Memory Error: "
_VALUES = tuple(f"{kind} Error: " for kind in ("Conversion", "Out of Range", "Mismatch Type", "Not implemented"))
"""The start of DuckDB error messages about values. A result stream raises them as another exception class."""


class FilesNotRead(Exception):
    """Files that could not be read or archived because of the environment; the message has a sentence for each.

    These files stay in place for the next call. All others were ingested: ``results`` is what ``ingest`` returns.
    """

    def __init__(self, faults: Sequence[str], results: list[PartitionResult]) -> None:
        more = f" ({len(faults) - SHOWN} more files could not be read)" if len(faults) > SHOWN else ""
        super().__init__(" ".join(faults[:SHOWN]) + more)
        self.faults = faults
        self.results = results


def guilt(error: Exception) -> FileProblem | None:
    """Why the file is rejected; None if the error is not the file's fault.

    The error must come from reading this file alone in a new engine.
    """
    if str(error).startswith(_VALUES):
        return FileProblem("file_unreadable", f"cannot be read ({_first_line(error)}): correct it and send it again")
    return error if isinstance(error, FileProblem) else None


def fault(name: str, error: Exception) -> str:
    """One sentence that says why a file could not be read or archived, and what to do."""
    if isinstance(error, MemoryError) or str(error).startswith(_MEMORY):
        what, remedy = "needs more memory than there is", "give the run more, or raise USER_ACTIVITY_INGEST_MEMORY"
    elif isinstance(error, PermissionError):
        what, remedy = "may not be read or moved", "correct the permissions of the file and of its folder"
    elif isinstance(error, OSError | duckdb.IOException):
        what, remedy = "could not be read or archived", "correct what the system reports"
    else:
        what, remedy = "could not be read, although its content is not the cause", "report this with the run's log"
    reason = _first_line(error)
    if isinstance(error, OSError) and error.filename and str(error.filename) not in reason:
        reason = f"{reason}: {error.filename}"
    kind = type(error).__name__
    return f"{name} {what} ({f'{kind}: {reason}' if reason else kind}): {remedy}. It waits for the next run."


def _first_line(error: Exception) -> str:
    told = getattr(error, "strerror", None) or str(error)
    return told.partition("\n")[0].rstrip(".")
