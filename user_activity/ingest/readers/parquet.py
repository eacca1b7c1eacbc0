"""Parquet files: their columns as they are, typed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from user_activity.ingest.readers.batches import Batches, Numbering, Shape
from user_activity.ingest.readers.files import FileProblem, opened, shown

BATCH_ROWS = 50_000


@contextmanager
def opened_parquet(path: Path, compression: str, work_dir: Path) -> Iterator[pq.ParquetFile]:
    """The Parquet file, decompressed into ``work_dir`` first if it has to be; damage raises ``FileProblem``."""
    with tempfile.TemporaryFile(dir=work_dir) as plain:
        try:
            if compression:
                with opened(path, compression) as stream:
                    shutil.copyfileobj(stream, plain, 1024**2)
                yield pq.ParquetFile(plain)
            else:
                with pq.ParquetFile(path, memory_map=False) as parquet:
                    yield parquet
        except (pa.ArrowException, OSError) as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise FileProblem("file_not_parquet", f"is not readable as Parquet ({reason}): write it again") from error


def parquet_shape(parquet: pq.ParquetFile) -> Shape:
    """The file's columns and their types."""
    schema = parquet.schema_arrow
    names = [shown(name) for name in schema.names]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FileProblem("file_columns", f"names the column {twice!r} twice: rename one and send it again")
    return Shape("parquet", tuple(names), tuple(schema.types))


def parquet_batches(parquet: pq.ParquetFile, shape: Shape, numbering: Numbering) -> Batches:
    """The file's rows as batches."""
    for batch in parquet.iter_batches(BATCH_ROWS, use_threads=False):
        yield numbering.batch(shape, batch.columns)
