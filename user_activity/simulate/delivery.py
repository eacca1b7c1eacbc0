"""When each record lands, and how: on time, late, twice, in a re-sent file, or broken."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from user_activity.simulate.draws import DAY, Ints, Table, codes, only
from user_activity.simulate.formats import DIALECTS, Dialect, encode
from user_activity.simulate.mess import FLAWS, Record
from user_activity.simulate.seasons import first_moment

_LATE_SHARE, _VERY_LATE_SHARE = 0.004, 0.0005
_TWICE_SHARE = 0.005
_RESENT_DAYS_SHARE = 0.012
_GOOD = -1


@dataclass(frozen=True)
class Feed:
    """All records of a source; ``entity`` is, for each record, the index of the staged row that it is a version of.

    ``sent_column`` gives the day on which a record lands, ``date_column`` the day to which it belongs.
    """

    source: str
    table: Table
    entity: Ints
    date_column: str
    sent_column: str
    id_column: str | None = None
    is_punctual: bool = False


@dataclass(frozen=True)
class Delivery:
    """Counts of what a source delivered, as the platform should report them."""

    files: int
    records: int
    distinct: int
    late: int
    messy: dict[str, int]


@dataclass(frozen=True)
class _File:
    """A file: its day, its dialect, and the range of its parcels (``begin`` inclusive, ``end`` exclusive)."""

    day: int
    is_resent: bool
    dialect: Dialect
    begin: int
    end: int


@dataclass(frozen=True)
class _Parcels:
    """Arrays with one entry per landed record.

    ``row`` in the feed's table, landing ``day``, ``part`` (0: the day's file, 1: its re-sent file) and ``flaw`` (a
    random number that selects the flaw; ``_GOOD`` for none).
    """

    row: Ints
    day: Ints
    part: Ints
    flaw: Ints


def deliver(
    rng: np.random.Generator,
    feed: Feed,
    out_dir: Path,
    start: date,
    days: int,
    messy: float,
    progress: Callable[[str, int, int], None],
) -> Delivery:
    """Write a source's files to ``out_dir/<source>/<landing date>/`` and return counts of what they contain."""
    parcels = _pack(rng, feed, start, days, messy)
    flaws: Counter[str] = Counter()
    files = _files(rng, feed, parcels)
    columns = _columns(feed.table, parcels.row)
    for number, file in enumerate(files, start=1):
        landing = start + timedelta(days=file.day)
        folder = out_dir / feed.source / landing.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        records = _records(feed, parcels, columns, file, landing, flaws)
        names = file.dialect.spelled(list(columns))
        name = f"{feed.source}-{landing}{'-resent' if file.is_resent else ''}{file.dialect.suffix}"
        (folder / name).write_bytes(encode(records, names, file.dialect))
        progress(feed.source, number, len(files))
    good = parcels.flaw == _GOOD
    rows = parcels.row[good]
    return Delivery(
        files=len(files),
        records=len(parcels.row),
        distinct=len(np.unique(feed.entity[rows])),
        late=int((_days(feed, feed.date_column, start)[rows] < parcels.day[good]).sum()),
        messy=dict(sorted(flaws.items())),
    )


def _days(feed: Feed, column: str, start: date) -> Ints:
    return (feed.table[column].astype(np.int64) - first_moment(start)) // DAY


def _pack(rng: np.random.Generator, feed: Feed, start: date, days: int, messy: float) -> _Parcels:
    """Return all copies of all records that land, ordered by file and, within a file, by the time they were sent."""
    sent = _days(feed, feed.sent_column, start)
    rows = np.arange(len(sent))
    spoilt = rng.choice(rows, min(len(rows), round(messy * len(rows))), replace=False)
    delay = np.zeros_like(sent)
    twice = lost = np.zeros(0, dtype=np.int64)
    if not feed.is_punctual:
        draw = rng.random(len(rows))
        delay = np.where(draw < _LATE_SHARE, rng.integers(1, 4, len(rows)), delay)
        delay = np.where(draw < _VERY_LATE_SHARE, rng.integers(14, 180, len(rows)), delay)
        # A record without an id counts each time it is sent, so only records with an id are sent twice.
        named = rows[feed.table[feed.id_column] != np.array(None)] if feed.id_column else rows
        twice = rng.choice(named, round(_TWICE_SHARE * len(named)), replace=False)
        resent = np.flatnonzero(rng.random(days - 1) < _RESENT_DAYS_SHARE)
        lost = named[np.isin(np.minimum(sent + delay, days - 1)[named], resent)]
    day = np.minimum(sent + delay, days - 1)
    again = np.minimum(day[twice] + rng.integers(0, 2, len(twice)), days - 1)

    row = np.concatenate([rows, twice, lost, spoilt])
    landing = np.concatenate([day, again, day[lost] + 1, day[spoilt]])
    part = np.repeat([0, 0, 1, 0], [len(rows), len(twice), len(lost), len(spoilt)])
    flaw = np.full(len(row), _GOOD)
    flaw[len(row) - len(spoilt) :] = rng.integers(0, 1 << 30, len(spoilt))
    order = np.lexsort((feed.table[feed.sent_column][row], part, landing))
    return _Parcels(row[order], landing[order], part[order], flaw[order])


def _files(rng: np.random.Generator, feed: Feed, parcels: _Parcels) -> list[_File]:
    begins = np.flatnonzero(np.diff(2 * parcels.day + parcels.part, prepend=-1))
    shares, dialects = zip(*DIALECTS[feed.source], strict=True)
    spoken = codes(rng, shares, len(begins))
    edges = [*begins.tolist(), len(parcels.day)]
    return [
        _File(int(parcels.day[begin]), bool(parcels.part[begin]), dialects[dialect], begin, end)
        for (begin, end), dialect in zip(pairwise(edges), spoken, strict=True)
    ]


def _columns(table: Table, rows: Ints) -> dict[str, list[Any]]:
    """The values of the given rows as JSON types: times are ISO 8601 texts, missing values are None."""
    columns: dict[str, list[Any]] = {}
    for name, column in table.items():
        values = column[rows]
        if values.dtype.kind == "M":
            texts = np.datetime_as_string(values, unit="ms", timezone="UTC").astype(object)
            values = only(~np.isnat(values), texts)
        columns[name] = values.tolist()
    return columns


def _records(
    feed: Feed, parcels: _Parcels, columns: dict[str, list[Any]], file: _File, landing: date, flaws: Counter[str]
) -> list[Record | bytes]:
    slices = {name: values[file.begin : file.end] for name, values in columns.items()}
    if file.dialect.epoch:
        rows = parcels.row[file.begin : file.end]
        times = {name: column[rows] for name, column in feed.table.items() if column.dtype.kind == "M"}
        slices |= {name: column.astype(np.int64).tolist() for name, column in times.items()}
    names = file.dialect.spelled(list(columns))
    records: list[Record | bytes] = [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*slices.values(), strict=True)
    ]
    possible = [flaw for flaw in FLAWS[feed.source] if file.dialect.format in flaw.formats]
    draws = parcels.flaw[file.begin : file.end]
    for place in np.flatnonzero(draws != _GOOD):
        flaw = possible[draws[place] % len(possible)]
        record = {name: values[place] for name, values in slices.items() if values[place] is not None}
        if feed.id_column in record:  # a new id, so that the record it was copied from stays unchanged
            record[feed.id_column] += "f"
        records[place] = _spelled(flaw.spoil(record, landing), file.dialect)
        flaws[flaw.name] += 1
    return records


def _spelled(record: Record | bytes, dialect: Dialect) -> Record | bytes:
    if isinstance(record, bytes):
        return record
    return dict(zip(dialect.spelled(list(record)), record.values(), strict=True))
