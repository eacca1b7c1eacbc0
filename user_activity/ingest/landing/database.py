"""A source's rows from a database: read in chunks, each landed as a Parquet file before the position moves on."""

import hashlib
import re
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from user_activity.database_settings import Database
from user_activity.files import bring_to_disk, locked
from user_activity.ingest.landing import incoming
from user_activity.ingest.landing.configured_databases import databases
from user_activity.ingest.landing.database_position import (
    MOST_SEEN,
    Position,
    begin_of,
    can_be_a_position,
    extracts_folder,
    last,
    lock_path,
    read_position,
    write_position,
)
from user_activity.ingest.landing.database_query import Reader, open_reader
from user_activity.ingest.landing.database_values import Row, digest_of_row, size_of_row, write_parquet
from user_activity.ingest.readers.files import sha256_of
from user_activity.settings import Settings

CHUNK_BYTES = 64 * 1024**2
"""The memory that the rows of one chunk take, about: wide rows make chunks of fewer rows."""


@dataclass(frozen=True)
class Extracted:
    """What one extract has landed."""

    source: str
    rows: int
    files: tuple[Path, ...]
    position: str | None


def extract(
    settings: Settings, source: str, *, whole: bool = False, tell: Callable[[int], None] = lambda rows: None
) -> Extracted:
    """Land what is new in a source's database; with ``whole``, all its rows.

    A killed extract goes on after its last landed chunk. Raises
    :class:`user_activity.ingest.landing.configured_databases.ExtractFailed`.
    """
    database = databases(settings)[source]
    with locked(lock_path(settings, source)), open_reader(source, database) as reader:
        for left in extracts_folder(settings).glob(f".{source}-extract-*"):  # by a killed extract
            shutil.rmtree(left)
        position = read_position(settings, source, _digest_of(database, reader.place))
        if whole and not position.whole:
            position = Position(position.of, whole=True)
        return _Extract(settings, source, database, reader, position, tell).run()


def _digest_of(database: Database, place: str) -> str:
    """A digest of what is read, and from where."""
    what = repr((place, database.table, database.query, database.cursor))
    return hashlib.sha256(what.encode()).hexdigest()[:16]


class _Extract:
    def __init__(
        self, settings: Settings, source: str, database: Database, reader: Reader, position: Position,
        tell: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._settings = settings
        self._source = source
        self._database = database
        self._reader = reader
        self._position = position
        self._tell = tell
        self._rows = 0
        self._files: list[Path] = []

    def run(self) -> Extracted:
        if self._database.cursor is None:
            read = self._land_changed_chunks()
        else:
            read = self._land_new_rows(self._database.cursor)
        self._move_on(seen=tuple(read), whole=False)
        value = self._position.value
        return Extracted(self._source, self._rows, tuple(self._files), None if value is None else str(value))

    def _land_new_rows(self, cursor: str) -> Iterable[str]:
        """Land the rows that have not been landed before; returns the digests of the last rows read."""
        known, at = Counter(self._position.seen), self._reader.names.index(cursor)
        reached = self._position.value
        begin = None if reached is None else begin_of(reached, self._database.overlap, self._source)
        read: deque[str] = deque(maxlen=MOST_SEEN)
        for rows in (self._reader.rows(begin=begin), self._reader.rows(without_cursor=True)):
            for chunk in _chunks(rows, self._database.chunk_rows):
                new = []
                for row in chunk:
                    read.append(digest := digest_of_row(row))
                    if known[digest]:  # of equal rows, as many land as there are
                        known[digest] -= 1
                    else:
                        new.append((row, digest))
                reached = next((row[at] for row in reversed(chunk) if can_be_a_position(row[at])), reached)
                if new:
                    self._land([row for row, _ in new], _label(new[0][0][at]))
                    seen = last([*self._position.seen, *(digest for _, digest in new)])
                    self._move_on(value=reached, seen=seen)
                self._tell(self._rows)
        self._move_on(value=reached)
        return read

    def _land_changed_chunks(self) -> Iterable[str]:
        """Land all rows but the chunks that are as they were; returns the digests of all chunks."""
        before = self._position.seen
        read: list[str] = []
        for at, chunk in enumerate(_chunks(self._reader.rows(), self._database.chunk_rows)):
            digest = hashlib.sha256("".join(map(digest_of_row, chunk)).encode()).hexdigest()[:24]
            known = before[at] if at < len(before) else ""
            read.append(digest)
            if digest != known:
                self._land(chunk, f"part-{at + 1:05}", after=known)
                self._move_on(seen=(*read, *before[at + 1 :]))
            self._tell(self._rows)
        return read

    def _land(self, rows: Sequence[Row], label: str, *, after: str = "") -> None:
        """Land rows as a file whose name and content depend on them alone: the same rows land once a day.

        What they replace (``after``) is part of the content, so that rows that change and change back land again.
        """
        with TemporaryDirectory(prefix=f".{self._source}-extract-", dir=extracts_folder(self._settings)) as folder:
            written = Path(folder) / "rows.parquet"
            write_parquet(self._reader.names, rows, written, after)
            named = written.rename(Path(folder) / f"{self._source}-{label}-{sha256_of(written)[:12]}.parquet")
            day = incoming.nearest_partition(self._settings, incoming.utc_today())
            landed = incoming.land(self._settings, named, self._source, day)
        with suppress(FileNotFoundError):  # it is ingested already
            bring_to_disk([landed.path])
        if not landed.already_landed:
            self._files.append(landed.path)
            self._rows += len(rows)

    def _move_on(self, **changes: Any) -> None:
        """Write the position. Only rows that have landed may be before it."""
        moved = replace(self._position, **changes)
        if moved != self._position:
            write_position(self._settings, self._source, moved)
            self._position = moved


def _chunks(rows: Iterable[Row], most_rows: int) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += size_of_row(row)
        if len(chunk) >= most_rows or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _label(value: Any) -> str:
    """The first value of the cursor in a chunk, as part of a file's name."""
    text = "without-cursor" if value is None else str(value).replace("+00:00", "Z").replace(" ", "T")
    return re.sub(r"[^\w.-]", "", text, flags=re.ASCII)[:40] or "rows"
