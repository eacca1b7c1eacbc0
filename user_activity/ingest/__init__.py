"""From landed files to the raw lake: reading, validation, quarantine, manifests.

Belongs here: everything that reads or writes files. ``ingest`` builds raw; the other entry points are in ``landing``,
``lake``, ``quarantine`` and ``reference_files``.

Does not belong here: tables (``warehouse``, ``sql/``), Dagster, printing.
"""

from user_activity.ingest.lake.manifest import Entry, Manifest
from user_activity.ingest.landing.incoming import LandedFile, LandResult, land, scan
from user_activity.ingest.partition.build import ingest
from user_activity.ingest.partition.faults import FilesNotRead
from user_activity.ingest.partition.result import PartitionResult

__all__ = ["Entry", "FilesNotRead", "LandResult", "LandedFile", "Manifest", "PartitionResult", "ingest", "land", "scan"]
