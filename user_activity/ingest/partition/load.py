"""Loading a batch of files: read, judged, and written as parts, one entry for each file."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from user_activity.ingest.lake import corrections
from user_activity.ingest.lake.manifest import Entry, part_folder
from user_activity.ingest.landing.originals import Original
from user_activity.ingest.partition.parts import PartWriter, QuarantineWriter
from user_activity.ingest.readers.batches import Shape, array, numbers
from user_activity.ingest.readers.files import FileProblem
from user_activity.ingest.validation.read import Opening, Reader, Stream, connected
from user_activity.ingest.validation.validate import REPAIRED_RULE, ContractJudge, Rejection
from user_activity.settings import Settings
from user_activity.sources import Source

_VERDICT = ["_undecided", "_record", "_fault", "_landing"]

Group = Sequence[tuple[Original, Opening]]
"""Files of one shape."""

Piece = tuple[int, pa.Table, list[Rejection], list[tuple[int, str]]]
"""Of the file of that number: accepted rows, rejected ones, and which of both were sent for which records."""

PartId = Callable[..., str]


class Loader:
    """Loads files of one source."""

    def __init__(self, settings: Settings, source: Source, work_dir: Path, recipe: str) -> None:
        self._settings = settings
        self._source = source
        self._work_dir = work_dir
        self._recipe = recipe
        self._reader = Reader(source, settings, work_dir)
        self._withheld: dict[Original, frozenset[int]] = {}

    def part_id(self, original: Original, withheld: tuple[int, ...] = ()) -> str:
        """What names the parts of a file: its content, and all else that its rows are a function of."""
        facts = (self._recipe, original.identity[1:], *([withheld] if withheld else ()))
        recipe = hashlib.sha256(repr(facts).encode()).hexdigest()
        return f"{original.file.sha256[:16]}-{recipe[:8]}"

    def load(self, files: Sequence[Original], repaired: Callable[[str], frozenset[int]]) -> list[Entry]:
        """Write the parts of each file; one entry each, in their order.

        ``repaired`` gives the rows of a file, by its digest, that must not be accepted: others were in their place.
        """
        entries: dict[Original, Entry] = {}
        self._withheld = {file: rows for file in files if (rows := repaired(file.file.sha256))}
        by_shape: dict[tuple[Shape, Original | None], list[tuple[Original, Opening]]] = {}
        for original in files:
            try:
                if original.problem:
                    raise original.problem
                opening = self._reader.opening(original.file)
                alone = original if original in self._withheld else None
                by_shape.setdefault((opening.shape, alone), []).append((original, opening))
            except FileProblem as problem:
                entries[original] = self._rejected(original, problem)
        if by_shape:
            with connected(self._settings, self._work_dir) as connection:
                for group in by_shape.values():
                    self._load_group(connection, group, entries)
        return [entries[original] for original in files]

    def _load_group(self, connection: duckdb.DuckDBPyConnection, group: Group, entries: dict[Original, Entry]) -> None:
        try:
            careless = self._load_stream(connection, group, entries)
        except duckdb.Error as error:
            if len(group) > 1:  # one file fails the statement of all: halving finds it
                half = len(group) // 2
                self._load_group(connection, group[:half], entries)
                self._load_group(connection, group[half:], entries)
                return
            reason = str(error).partition("\n")[0]
            entries[group[0][0]] = self._rejected(
                group[0][0], FileProblem("file_unreadable", f"cannot be read ({reason})")
            )
            return
        for original in careless:
            opening = self._reader.opening(original.file, carefully=True)
            self._load_group(connection, [(original, opening)], entries)

    def _load_stream(
        self, connection: duckdb.DuckDBPyConnection, group: Group, entries: dict[Original, Entry]
    ) -> list[Original]:
        """Load files in one pass; returns those that have to be read again, carefully."""
        files = [(original.file, opening) for original, opening in group]
        # A file of which rows are withheld is a group by itself, and a stream numbers its rows from 0.
        withheld = frozenset(row - 1 for row in self._withheld.get(group[0][0], ()))
        stream = Stream(connection, self._source, self._settings, files, withheld)
        judge = ContractJudge(connection, self._source, self._settings, withheld)
        pieces = _by_file(stream, judge)
        piece = next(pieces, None)
        careless: list[Original] = []
        for index, (original, _) in enumerate(group):
            with self._writers(original) as writers:
                while piece and piece[0] == index:
                    writers.write(*piece[1:])
                    piece = next(pieces, None)
                problem = stream.problems.get(index)
                if problem is None:
                    entries[original] = writers.entry(stream.landed[index])
            if isinstance(problem, FileProblem):
                entries[original] = self._rejected(original, problem)
            elif problem:
                careless.append(original)
        return careless

    def _writers(self, original: Original) -> "_Writers":
        return _Writers(self._settings, self._source, original, self.part_id)

    def _rejected(self, original: Original, problem: FileProblem) -> Entry:
        """Quarantine a whole file: one record, the file itself."""
        sentence = f"{original.file.name} {problem.sentence}"
        with self._writers(original) as writers:
            writers.write(None, [Rejection(None, None, (problem.rule,), (sentence,))])
            return writers.entry(1, sentence)


class _Writers:
    """The two parts of one file; on leaving, what ``entry`` did not finish is forgotten."""

    def __init__(self, settings: Settings, source: Source, original: Original, part_id: PartId) -> None:
        self._original = original
        self._lake_dir = settings.lake_dir
        self._source = source.name
        self._part_id = part_id
        self._sent: list[tuple[int, str]] = []
        self._withheld: list[int] = []
        begun = part_id(original)
        self._accepted = PartWriter(self._lake_dir / self._path("raw", begun), source, original.file)
        self._rejected = QuarantineWriter(self._lake_dir / self._path("quarantine", begun), source.name, original.file)

    def _path(self, layer: str, part_id: str) -> str:
        return f"{part_folder(layer, self._source, self._original.file.landing_date)}/{part_id}.parquet"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._accepted.discard()
        self._rejected.discard()

    def write(
        self, accepted: pa.Table | None, rejected: Sequence[Rejection], sent: Sequence[tuple[int, str]] = ()
    ) -> None:
        """Add rows to the parts; ``sent`` are those, of either kind, that were sent for quarantined records."""
        if accepted:
            self._accepted.write(accepted)
        if rejected:
            self._rejected.write(rejected)
            self._withheld += [each.row for each in rejected if each.row and REPAIRED_RULE in each.rules]
        self._sent += sent

    def entry(self, landed: int, problem: str | None = None) -> Entry:
        """Finish the parts."""
        file, accepted, rejected = self._original.file, self._accepted, self._rejected
        part_id = self._part_id(self._original, tuple(self._withheld))
        part, quarantine, sent = (self._path(layer, part_id) for layer in ("raw", "quarantine", "repairs"))
        accepted.path, rejected.path = self._lake_dir / part, self._lake_dir / quarantine
        accepted.close()
        rejected.close()
        if self._sent:
            corrections.write(self._lake_dir / sent, self._sent)
        if landed != accepted.rows + rejected.rows:
            raise AssertionError(f"{file.name}: {landed} rows landed, {accepted.rows} + {rejected.rows} accounted for")
        return Entry(
            file_name=file.name,
            file_sha256=file.sha256,
            size_bytes=file.size_bytes,
            status="rejected" if problem else "loaded",
            rows_landed=landed,
            rows_accepted=accepted.rows,
            rows_quarantined=rejected.rows,
            rows_late=accepted.late,
            dates=accepted.dates,
            touches=tuple(accepted.touches),
            rules=dict(sorted(rejected.rules.items())),
            part=part if accepted.rows else None,
            quarantine=quarantine if rejected.rows else None,
            archive=self._original.archive,
            loaded_at=file.loaded_at.isoformat(),
            problem=problem,
            repairs=sent if self._sent else None,
            withheld=tuple(self._withheld),
        )


def _by_file(stream: Stream, judge: ContractJudge) -> Iterator[Piece]:
    """The stream's accepted rows and rejections, a file at a time, in order, numbered from 1 in each file."""
    for batch in stream.batches():
        rows = pa.Table.from_batches([batch]).drop_columns([*_VERDICT, "_repaired"])
        undecided = batch.column("_undecided").is_valid()
        rejected: list[Rejection] = []
        if undecided.true_count:
            rescued, rejected = judge.verdicts(batch.filter(undecided))
            rows = rows.filter(pc.invert(undecided))
            if rescued:
                rows = pa.concat_tables([rows, rescued.select(rows.column_names).cast(rows.schema)]).sort_by("_row")
        sent = batch.select(["_row", "_repaired"]).filter(batch.column("_repaired").is_valid())
        yield from _split(rows, rejected, sent, np.array(stream.starts))


def _split(
    rows: pa.Table, rejected: list[Rejection], sent: pa.RecordBatch, starts: np.ndarray[Any, Any]
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
    at = rows.schema.get_field_index("_row")
    for index in sorted({*np.unique(files).tolist(), *faulty}):
        start, end = np.searchsorted(files, [index, index + 1])
        numbered = array(places[start:end] - starts[index] + 1, pa.int64())
        accepted = rows.slice(start, end - start).set_column(at, "_row", numbered)
        yield index, accepted, faulty.get(index, []), named.get(index, [])
