"""Loading a batch of files: read, judged, and written as parts, one entry for each file.

Belongs here: running files through the readers and judges, and the second, careful reading of those that need it.
Does not belong here: which files to load and committing what came of it (``partition``).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from user_activity.ingest.files import FileProblem
from user_activity.ingest.judging import ContractJudge, Rejection
from user_activity.ingest.manifest import Entry, part_folder
from user_activity.ingest.originals import Original
from user_activity.ingest.parts import PartWriter, QuarantineWriter
from user_activity.ingest.reading import Opening, Reader, Stream, connected
from user_activity.ingest.rows import Shape, array, numbers
from user_activity.settings import Settings
from user_activity.sources import Source

Group = Sequence[tuple[Original, Opening]]
"""Files of one shape."""


class Loader:
    """Loads files of one source."""

    def __init__(self, settings: Settings, source: Source, work_dir: Path, recipe: str) -> None:
        self._settings = settings
        self._source = source
        self._work_dir = work_dir
        self._recipe = recipe
        self._reader = Reader(source, settings, work_dir)

    def part_id(self, original: Original) -> str:
        """What names the parts of a file: its content, and all else that its rows are a function of."""
        recipe = hashlib.sha256(repr((self._recipe, original.identity[1:])).encode()).hexdigest()
        return f"{original.file.sha256[:16]}-{recipe[:8]}"

    def load(self, files: Sequence[Original]) -> list[Entry]:
        """Write the parts of each file; one entry each, in their order."""
        entries: dict[Original, Entry] = {}
        by_shape: dict[Shape, list[tuple[Original, Opening]]] = {}
        for original in files:
            try:
                if original.problem:
                    raise original.problem
                opening = self._reader.opening(original.file)
                by_shape.setdefault(opening.shape, []).append((original, opening))
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
        stream = Stream(
            connection, self._source, self._settings, [(original.file, opening) for original, opening in group]
        )
        judge = ContractJudge(connection, self._source, self._settings)
        pieces = _by_file(stream, judge)
        piece = next(pieces, None)
        careless: list[Original] = []
        for index, (original, _) in enumerate(group):
            with self._writers(original) as writers:
                while piece and piece[0] == index:
                    writers.write(piece[1], piece[2])
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
        return _Writers(self._settings, self._source, original, self.part_id(original))

    def _rejected(self, original: Original, problem: FileProblem) -> Entry:
        """Quarantine a whole file: one record, the file itself."""
        sentence = f"{original.file.name} {problem.sentence}"
        with self._writers(original) as writers:
            writers.write(None, [Rejection(None, None, (problem.rule,), (sentence,))])
            return writers.entry(1, sentence)


class _Writers:
    """The two parts of one file; on leaving, what ``entry`` did not finish is forgotten."""

    def __init__(self, settings: Settings, source: Source, original: Original, part_id: str) -> None:
        self._original = original
        file = original.file
        self._part = f"{part_folder('raw', source.name, file.landing_date)}/{part_id}.parquet"
        self._quarantine = f"{part_folder('quarantine', source.name, file.landing_date)}/{part_id}.parquet"
        self._accepted = PartWriter(settings.lake_dir / self._part, source, file)
        self._rejected = QuarantineWriter(settings.lake_dir / self._quarantine, source.name, file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._accepted.discard()
        self._rejected.discard()

    def write(self, accepted: pa.Table | None, rejected: Sequence[Rejection]) -> None:
        """Add rows to the parts."""
        if accepted:
            self._accepted.write(accepted)
        if rejected:
            self._rejected.write(rejected)

    def entry(self, landed: int, problem: str | None = None) -> Entry:
        """Finish both parts."""
        self._accepted.close()
        self._rejected.close()
        file, accepted, rejected = self._original.file, self._accepted, self._rejected
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
            part=self._part if accepted.rows else None,
            quarantine=self._quarantine if rejected.rows else None,
            archive=self._original.archive,
            loaded_at=file.loaded_at.isoformat(),
            problem=problem,
        )


def _by_file(stream: Stream, judge: ContractJudge) -> Iterator[tuple[int, pa.Table, list[Rejection]]]:
    """The stream's accepted rows and rejections, a file at a time, in order, numbered from 1 in each file."""
    for batch in stream.batches():
        rows = pa.Table.from_batches([batch]).drop_columns(["_undecided", "_record", "_fault", "_landing"])
        undecided = batch.column("_undecided").is_valid()
        rejected: list[Rejection] = []
        if undecided.true_count:
            rescued, rejected = judge.verdicts(batch.filter(undecided))
            rows = rows.filter(pc.invert(undecided))
            if rescued:
                rows = pa.concat_tables([rows, rescued.select(rows.column_names).cast(rows.schema)]).sort_by("_row")
        yield from _split(rows, rejected, np.array(stream.starts))


def _split(
    rows: pa.Table, rejected: list[Rejection], starts: np.ndarray[Any, Any]
) -> Iterator[tuple[int, pa.Table, list[Rejection]]]:
    places = numbers(rows.column("_row"), np.int64)
    files = np.searchsorted(starts, places, side="right") - 1
    faulty: dict[int, list[Rejection]] = {}
    for rejection in rejected:
        row = rejection.row or 0
        index = int(np.searchsorted(starts, row, side="right")) - 1
        faulty.setdefault(index, []).append(replace(rejection, row=row - int(starts[index]) + 1))
    at = rows.schema.get_field_index("_row")
    for index in sorted({*np.unique(files).tolist(), *faulty}):
        start, end = np.searchsorted(files, [index, index + 1])
        numbered = array(places[start:end] - starts[index] + 1, pa.int64())
        yield index, rows.slice(start, end - start).set_column(at, "_row", numbered), faulty.get(index, [])
