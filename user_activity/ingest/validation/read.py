"""From opened files to typed rows: one statement maps and validates a batch of files."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from user_activity.ingest.readers.batches import Batches, Numbering, array, numbers
from user_activity.ingest.readers.files import (
    InputFile,
)
from user_activity.ingest.validation.expressions import ROWS, decode, signatures
from user_activity.ingest.validation.opening import Opening
from user_activity.ingest.validation.validate import WITHHELD, validation_sql
from user_activity.settings import Settings
from user_activity.sources import Source

RESULT_ROWS = 60_000
SAMPLED_ROWS = 5_000
SIGNATURES = 64
VALIDATED = "validated"


class Stream:
    """The rows of files of one shape, validated by SQL in one pass. Errors of files are collected, not raised."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        settings: Settings,
        files: Sequence[tuple[InputFile, Opening]],
        withheld: Iterable[int] = (),
    ) -> None:
        self._connection = connection
        self._source = source
        self._settings = settings
        self._files = files
        self._withheld = sorted(withheld)
        self.shape = files[0][1].shape
        self.starts: list[int] = []
        """The row number of each file's first row, for files whose reading has started."""
        self.landed = [0] * len(files)
        self.problems: dict[int, Exception] = {}

    def _rows(self) -> Batches:
        numbering = Numbering(self._files[0][0].landing_date)
        for index, (file, opening) in enumerate(self._files):
            numbering.landing_date = file.landing_date
            self.starts.append(numbering.rows)
            try:
                yield from opening.rows(numbering)
            except Exception as problem:  # noqa: BLE001 - raised here, it would abort the statement and so all files
                self.problems[index] = problem
            self.landed[index] = numbering.rows - self.starts[index]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The validated rows, in the order of the files and of their rows."""
        rows = self._rows()
        first: list[pa.RecordBatch] = []
        while sum(map(len, first)) < SAMPLED_ROWS and (batch := next(rows, None)):
            first.append(batch)
        if not first:
            return
        decoded = decode(self.shape, self._source, self._settings, self._signatures(first))
        reader = pa.RecordBatchReader.from_batches(self.shape.schema, chain(first, rows))
        self._connection.register(ROWS, reader)
        if self._withheld:
            withheld = array(np.array(self._withheld, np.int64), pa.int64())
            self._connection.register(WITHHELD, pa.table({"_row": withheld}))
        validated = validation_sql(self._source, self._settings, decoded, withhold=bool(self._withheld))
        if sum(map(len, first)) < SAMPLED_ROWS:
            # Only a relation streams, but it plans its statement twice, which costs more than validating a few rows.
            self._connection.execute(f"create or replace temp table {VALIDATED} as {validated}")
            validated = f"from {VALIDATED}"
        yield from in_order(self._connection.sql(validated).to_arrow_reader(RESULT_ROWS))

    def _signatures(self, sample: list[pa.RecordBatch]) -> list[list[str]]:
        if self.shape.form != "json":
            return []
        self._connection.register("sample", pa.Table.from_batches(sample))
        found = self._connection.execute(signatures(self._source, self._settings, "sample", SIGNATURES)).fetchall()
        return [keys for (keys,) in found]


def in_order(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows sorted by ``_row``, from 0 without gaps: threads return their results in any order."""
    early: dict[int, pa.RecordBatch] = {}
    expected = 0
    for batch in batches:
        rows = numbers(batch.column("_row"), np.int64)
        cuts = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
        early |= {int(rows[start]): batch.slice(start, end - start) for start, end in pairwise(cuts) if end > start}
        while (ready := early.pop(expected, None)) is not None:
            expected += len(ready)
            yield ready
    if early:
        raise AssertionError(f"row {expected} of the stream was lost")


def connected(settings: Settings, work_dir: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory engine that can only read the rows passed to it: no files, no network."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": settings.ingest_memory,
            "threads": settings.threads,
            "temp_directory": str(work_dir / "spill"),
            "preserve_insertion_order": False,
            "python_enable_replacements": False,
        },
    )
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false; set enable_external_access = false")
    return connection
