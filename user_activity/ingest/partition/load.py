"""Loading a batch of files: read, validate and write parts; one entry per file that could be read."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from user_activity.ingest.lake.manifest import Entry
from user_activity.ingest.landing.originals import Original
from user_activity.ingest.partition.faults import guilt
from user_activity.ingest.partition.writers import Writers
from user_activity.ingest.readers.batches import Shape, array, numbers
from user_activity.ingest.readers.csv import InconsistentQuoting
from user_activity.ingest.readers.files import FileProblem
from user_activity.ingest.validation.in_force import accepting, in_force
from user_activity.ingest.validation.opening import Opening, Reader
from user_activity.ingest.validation.read import Stream, connected
from user_activity.ingest.validation.validate import ContractValidator, Rejection
from user_activity.settings import Settings
from user_activity.sources import Source

_VERDICT = ["_undecided", "_record", "_fault", "_landing"]

Group = Sequence[tuple[Original, Opening]]
"""Files of one shape."""

Piece = tuple[int, pa.Table, list[Rejection], list[tuple[int, str]], list[str]]
"""File number, accepted rows, rejected rows, (row, id of the replaced record) for both, and the rules of warnings."""


class Loader:
    """Loads files of one source. An instance is used once."""

    def __init__(self, settings: Settings, source: Source, work_dir: Path, recipe: str) -> None:
        self._settings = accepting(settings, source.name)
        self._source = in_force(source, settings)
        self._work_dir = work_dir
        self._recipe = recipe
        self._reader = Reader(source, settings, work_dir)
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._withheld: dict[Original, frozenset[int]] = {}
        self._entries: dict[Original, Entry] = {}
        self._faults: dict[Original, Exception] = {}

    def part_id(self, original: Original, withheld: tuple[int, ...] = ()) -> str:
        """The id of a file's parts: its content plus everything else that determines its rows."""
        facts = (self._recipe, original.identity[1:], *([withheld] if withheld else ()))
        recipe = hashlib.sha256(repr(facts).encode()).hexdigest()
        return f"{original.file.sha256[:16]}-{recipe[:8]}"

    def load(
        self, files: Sequence[Original], repaired: Callable[[str], frozenset[int]]
    ) -> tuple[dict[Original, Entry], dict[Original, Exception]]:
        """Write the parts of each file; returns the entries of the files that were read, and the errors of the others.

        ``repaired`` returns, for a file's digest, the rows that must not be accepted because their replacement was
        accepted.
        """
        self._withheld = {file: rows for file in files if (rows := repaired(file.file.sha256))}
        self._entries, self._faults = {}, {}
        by_shape: dict[tuple[Shape, Original | None], list[tuple[Original, Opening]]] = {}
        for original in files:
            if opening := self._opening(original):
                alone = original if original in self._withheld else None
                by_shape.setdefault((opening.shape, alone), []).append((original, opening))
        try:
            for group in by_shape.values():
                self._load_group(group)
        finally:
            self._renew_engine()
        return self._entries, self._faults

    def _opening(self, original: Original, carefully: bool = False) -> Opening | None:
        try:
            if original.problem:
                raise original.problem
            return self._reader.opening(original.file, carefully)
        except Exception as error:  # noqa: BLE001 - any error is reported with the file's name
            self._reject_or_collect(original, error)
            return None

    def _load_group(self, group: Group, alone: bool = False) -> None:
        """Load files in one pass. If it fails, read smaller groups, and in the end each file alone in a new engine.

        Only then is it clear which file caused the error: one file may use up the memory, or crash the engine, of all
        others.
        """
        if alone:
            self._renew_engine()
        try:
            unread = self._load_stream(group)
        except Exception as error:  # noqa: BLE001 - any error is reported with the file's name
            self._renew_engine()
            if len(group) > 1:
                half = len(group) // 2
                self._load_group(group[:half])
                self._load_group(group[half:])
                return
            unread = {group[0]: error}
        for (original, opening), problem in unread.items():
            if isinstance(problem, InconsistentQuoting):
                if careful := self._opening(original, carefully=True):
                    self._load_group([(original, careful)])
            elif alone or isinstance(problem, FileProblem):
                self._reject_or_collect(original, problem)
            else:
                self._load_group([(original, opening)], alone=True)

    def _load_stream(self, group: Group) -> dict[tuple[Original, Opening], Exception]:
        """Write the parts in one pass; returns the files that were not read to the end, with their errors."""
        if self._engine is None:
            self._engine = connected(self._settings, self._work_dir)
        files = [(original.file, opening) for original, opening in group]
        # A file with withheld rows is always alone in its group. The row numbers of a stream start at 0.
        withheld = frozenset(row - 1 for row in self._withheld.get(group[0][0], ()))
        stream = Stream(self._engine, self._source, self._settings, files, withheld)
        validator = ContractValidator(self._engine, self._source, self._settings, withheld)
        pieces = by_file(stream, validator)
        piece = next(pieces, None)
        unread: dict[tuple[Original, Opening], Exception] = {}
        for index, (original, opening) in enumerate(group):
            with self._writers(original) as writers:
                while piece and piece[0] == index:
                    writers.write(*piece[1:])
                    piece = next(pieces, None)
                if index in stream.problems:
                    unread[original, opening] = stream.problems[index]
                else:
                    self._entries[original] = writers.entry(stream.landed[index])
        return unread

    def _renew_engine(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _writers(self, original: Original) -> Writers:
        return Writers(self._settings, self._source, original, self.part_id)

    def _reject_or_collect(self, original: Original, error: Exception) -> None:
        """Quarantine the whole file as one record, or collect the error if it is not the file's fault."""
        problem = guilt(error)
        if problem is None:
            self._faults[original] = error
            return
        sentence = f"{original.file.name} {problem.sentence}"
        try:
            with self._writers(original) as writers:
                writers.write(None, [Rejection(None, None, (problem.rule,), (sentence,))])
                self._entries[original] = writers.entry(1, sentence)
        except Exception as fault:  # noqa: BLE001 - any error is reported with the file's name
            self._faults[original] = fault


def by_file(stream: Stream, validator: ContractValidator) -> Iterator[Piece]:
    """The stream's accepted and rejected rows per file, in order; row numbers start at 1 in each file."""
    for batch in stream.batches():
        rows = pa.Table.from_batches([batch]).drop_columns([*_VERDICT, "_repaired"])
        undecided = batch.column("_undecided").is_valid()
        rejected: list[Rejection] = []
        warnings: list[tuple[int, str]] = []
        if undecided.true_count:
            rescued, rejected, warnings = validator.validated(batch.filter(undecided))
            rows = rows.filter(pc.invert(undecided))
            if rescued:
                rows = pa.concat_tables([rows, rescued.select(rows.column_names).cast(rows.schema)]).sort_by("_row")
        sent = batch.select(["_row", "_repaired"]).filter(batch.column("_repaired").is_valid())
        yield from _split(rows, rejected, sent, warnings, np.array(stream.starts))


def _split(
    rows: pa.Table,
    rejected: list[Rejection],
    sent: pa.RecordBatch,
    warnings: list[tuple[int, str]],
    starts: np.ndarray[Any, Any],
) -> Iterator[Piece]:
    places = numbers(rows.column("_row"), np.int64)
    files = np.searchsorted(starts, places, side="right") - 1
    faulty: dict[int, list[Rejection]] = {}
    for rejection in rejected:
        row = rejection.row or 0
        index = int(np.searchsorted(starts, row, side="right")) - 1
        faulty.setdefault(index, []).append(replace(rejection, row=row - int(starts[index]) + 1))
    named: dict[int, list[tuple[int, str]]] = {}
    for row, record_id in zip(sent.column("_row").to_pylist(), sent.column("_repaired").to_pylist(), strict=True):
        index = int(np.searchsorted(starts, row, side="right")) - 1
        named.setdefault(index, []).append((row - int(starts[index]) + 1, record_id))
    warned: dict[int, list[str]] = {}
    for row, rule in warnings:
        warned.setdefault(int(np.searchsorted(starts, row, side="right")) - 1, []).append(rule)
    at = rows.schema.get_field_index("_row")
    for index in sorted({*np.unique(files).tolist(), *faulty}):
        start, end = np.searchsorted(files, [index, index + 1])
        numbered = array(places[start:end] - starts[index] + 1, pa.int64())
        accepted = rows.slice(start, end - start).set_column(at, "_row", numbered)
        yield index, accepted, faulty.get(index, []), named.get(index, []), warned.get(index, [])
