"""Loading a batch of files: read, judged, and written as parts, one entry for each file.

Belongs here: running files through the readers and judges, and the second, careful reading of those that need it.
Does not belong here: which files to load and committing what came of it (``partition``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from user_activity.ingest import landing
from user_activity.ingest.files import FileProblem, InputFile
from user_activity.ingest.judging import ContractJudge, Rejection
from user_activity.ingest.manifest import Entry, part_folder
from user_activity.ingest.parts import PartWriter, QuarantineWriter
from user_activity.ingest.reading import Opening, Reader, Stream, connected
from user_activity.ingest.rows import Shape, array, numbers
from user_activity.settings import Settings
from user_activity.sources import Source


class Loader:
    """Loads files of one source."""

    def __init__(self, settings: Settings, source: Source, work_dir: Path, recipe: str) -> None:
        self._settings = settings
        self._source = source
        self._work_dir = work_dir
        self._recipe = recipe
        self._reader = Reader(source, settings, work_dir)

    def load(self, files: Sequence[tuple[InputFile, str | None]]) -> list[tuple[InputFile, Entry]]:
        """Write the parts of each file; a file given with a problem is rejected whole."""
        if not files:
            return []
        entries: list[tuple[InputFile, Entry]] = []
        by_shape: dict[Shape, list[tuple[InputFile, Opening]]] = {}
        for file, problem in files:
            try:
                if problem:
                    raise FileProblem("file_misplaced", problem)
                opening = self._reader.opening(file)
                by_shape.setdefault(opening.shape, []).append((file, opening))
            except FileProblem as found:
                entries.append((file, self._rejected(file, found)))
        with connected(self._settings, self._work_dir) as connection:
            for group in by_shape.values():
                entries += self._load_group(connection, group)
        return entries

    def _load_group(
        self, connection: duckdb.DuckDBPyConnection, group: list[tuple[InputFile, Opening]]
    ) -> Iterator[tuple[InputFile, Entry]]:
        try:
            entries, careless = self._load_stream(connection, group)
        except duckdb.Error as error:
            if len(group) > 1:  # one file's rows fail the whole statement: find out which
                for one in group:
                    yield from self._load_group(connection, [one])
                return
            reason = str(error).partition("\n")[0]
            yield group[0][0], self._rejected(group[0][0], FileProblem("file_unreadable", f"cannot be read ({reason})"))
            return
        yield from entries
        for file in careless:
            yield from self._load_group(connection, [(file, self._reader.opening(file, carefully=True))])

    def _load_stream(
        self, connection: duckdb.DuckDBPyConnection, group: list[tuple[InputFile, Opening]]
    ) -> tuple[list[tuple[InputFile, Entry]], list[InputFile]]:
        stream = Stream(connection, self._source, self._settings, group)
        judge = ContractJudge(connection, self._source, self._settings)
        entries: list[tuple[InputFile, Entry]] = []
        careless: list[InputFile] = []
        writers = _Writers(self._settings, self._source, group[0][0], self._recipe)
        current = 0

        def finish() -> None:
            problem = stream.problems.get(current)
            if problem is None:
                entries.append((writers.file, writers.entry(stream.landed[current])))
                return
            writers.discard()
            if isinstance(problem, FileProblem):
                entries.append((writers.file, self._rejected(writers.file, problem)))
            else:
                careless.append(writers.file)

        try:
            for index, accepted, rejected in _by_file(stream, judge):
                while current < index:
                    finish()
                    current += 1
                    writers = _Writers(self._settings, self._source, group[current][0], self._recipe)
                writers.write(accepted, rejected)
            while current < len(group):
                finish()
                current += 1
                if current < len(group):
                    writers = _Writers(self._settings, self._source, group[current][0], self._recipe)
        except duckdb.Error:
            writers.discard()
            raise
        return entries, careless

    def _rejected(self, file: InputFile, problem: FileProblem) -> Entry:
        """Quarantine a whole file: one record, the file itself."""
        writers = _Writers(self._settings, self._source, file, self._recipe)
        sentence = f"{file.name} {problem.sentence}"
        writers.write(None, [Rejection(None, None, (problem.rule,), (sentence,))])
        return writers.entry(1, sentence)


class _Writers:
    """The two parts of one file."""

    def __init__(self, settings: Settings, source: Source, file: InputFile, recipe: str) -> None:
        self.file = file
        part = f"{file.sha256[:16]}-{recipe}.parquet"
        self._part = f"{part_folder('raw', source.name, file.landing_date)}/{part}"
        self._quarantine = f"{part_folder('quarantine', source.name, file.landing_date)}/{part}"
        self._accepted = PartWriter(settings.lake_dir / self._part, source, file)
        self._rejected = QuarantineWriter(settings.lake_dir / self._quarantine, source.name, file)

    def write(self, accepted: pa.Table | None, rejected: Sequence[Rejection]) -> None:
        """Add rows to the parts."""
        if accepted:
            self._accepted.write(accepted)
        if rejected:
            self._rejected.write(rejected)

    def discard(self) -> None:
        """Forget both parts."""
        self._accepted.discard()
        self._rejected.discard()

    def entry(self, landed: int, problem: str | None = None) -> Entry:
        """Finish both parts."""
        self._accepted.close()
        self._rejected.close()
        file, accepted, rejected = self.file, self._accepted, self._rejected
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
            archive=landing.archive_name(file.sha256, file.path.name),
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
