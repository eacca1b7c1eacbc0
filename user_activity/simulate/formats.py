"""The files' formats and dialects."""

import csv
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq
from pydantic_core import to_json

from user_activity.simulate.mess import Record

_GZIP = 31  # zlib's ``wbits`` for gzip without a timestamp; the gzip module's header differs between Python versions
_PARQUET_TYPES = pa.schema(
    [("event_at", pa.timestamp("ms", tz="UTC")), ("quantity", pa.int64()), ("revenue", pa.float64())]
)


@dataclass(frozen=True)
class Dialect:
    """How an exporter writes files: the format, the compression, and its own names for our columns.

    A dotted name is a field of a nested object. With ``epoch``, times are milliseconds since 1970.
    """

    format: str = "jsonl"
    compression: str = ""
    spelling: dict[str, str] = field(default_factory=dict)
    epoch: bool = False

    @property
    def suffix(self) -> str:
        """The ending of the file's name."""
        return f".{self.format}.{self.compression}" if self.compression else f".{self.format}"

    def spelled(self, names: Sequence[str]) -> list[str]:
        """The names of the given columns in this dialect."""
        return [self.spelling.get(name, name) for name in names]


JSONL = Dialect()
JSONL_GZ = Dialect(compression="gz")
JSON = Dialect(format="json")
CSV_GZ = Dialect(format="csv", compression="gz")
PARQUET = Dialect(format="parquet")
_TAGGED = Dialect(
    spelling={
        "event_at": "timestamp",
        "event_type": "action_type",
        "page_url": "url",
        "device": "metadata.device",
        "country": "metadata.location",
    }
)
_EPOCH = Dialect(spelling={"event_id": "id", "event_at": "ts", "event_type": "event", "page_url": "page"}, epoch=True)
_REFUND_AMOUNT = Dialect(spelling={"refund": "refund_amount"})

DIALECTS: dict[str, tuple[tuple[float, Dialect], ...]] = {
    "events": (
        (0.62, JSONL),
        (0.12, JSONL_GZ),
        (0.08, CSV_GZ),
        (0.06, PARQUET),
        (0.04, JSON),
        (0.05, _TAGGED),
        (0.03, _EPOCH),
    ),
    "orders": ((0.75, JSONL), (0.10, JSONL_GZ), (0.10, JSON), (0.05, _REFUND_AMOUNT)),
    "products": ((0.6, JSON), (0.4, JSONL)),
    "users": ((0.7, JSONL), (0.2, CSV_GZ), (0.1, JSON)),
    "reviews": ((0.75, JSONL), (0.25, CSV_GZ)),
}


def encode(records: Sequence[Record | bytes], names: Sequence[str], dialect: Dialect) -> bytes:
    """Return the bytes of a file with these records; a record given as bytes is a broken line, written as it is."""
    if any("." in name for name in names):
        records = [record if isinstance(record, bytes) else _nested(record) for record in records]
    match dialect.format:
        case "jsonl":
            content = _lines(records)
        case "json":
            content = b"[" + _lines(records).replace(b"\n", b",\n")[:-2] + b"]\n"
        case "csv":
            content = _csv([record for record in records if isinstance(record, dict)], names)
        case "parquet":
            content = _parquet(records)
        case _:
            raise ValueError(f"no writer for {dialect.format!r}")
    return zlib.compress(content, wbits=_GZIP) if dialect.compression == "gz" else content


def _lines(records: Sequence[Record | bytes]) -> bytes:
    lines = [record if isinstance(record, bytes) else to_json(record) for record in records]
    return b"\n".join([*lines, b""])


def _nested(record: Record) -> Record:
    nested: Record = {}
    for name, value in record.items():
        parent, _, child = name.partition(".")
        if child:
            nested.setdefault(parent, {})[child] = value
        else:
            nested[name] = value
    return nested


def _csv(records: Sequence[Record], names: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def _parquet(records: Sequence[Record | bytes]) -> bytes:
    # Arrow parses JSON lines here, because converting Python lists would import pandas, which takes a second.
    columns = pj.read_json(
        io.BytesIO(_lines(records)),
        read_options=pj.ReadOptions(use_threads=False),
        parse_options=pj.ParseOptions(explicit_schema=_PARQUET_TYPES),
    )
    content = io.BytesIO()
    pq.write_table(columns, content, compression="zstd")
    return content.getvalue()
