"""Parquet files: their columns with their own types."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from user_activity.ingest.readers.batches import Batches, Numbering, Shape
from user_activity.ingest.readers.files import FileProblem, check_names, is_damage, opened, shown

BATCH_ROWS, BATCH_CELLS = 50_000, 2_000_000


@contextmanager
def opened_parquet(path: Path, compression: str, work_dir: Path) -> Iterator[pq.ParquetFile]:
    """The Parquet file, first decompressed into ``work_dir`` if necessary. Raises ``FileProblem`` if it is damaged."""
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
            if not is_damage(error):
                raise
            reason = str(error).partition("\n")[0].rstrip(".")
            raise FileProblem("file_not_parquet", f"is not readable as Parquet ({reason}): write it again") from error


def parquet_shape(parquet: pq.ParquetFile) -> Shape:
    """The file's columns and their types."""
    schema = parquet.schema_arrow
    names = [shown(name) for name in schema.names]
    check_names(names)
    return Shape("parquet", tuple(names), tuple(schema.types))


def parquet_batches(parquet: pq.ParquetFile, shape: Shape, numbering: Numbering) -> Batches:
    """The file's rows as batches."""
    rows = max(1, min(BATCH_ROWS, BATCH_CELLS // max(1, len(shape.names))))
    for batch in parquet.iter_batches(rows, use_threads=False):
        batch.validate(full=True)  # text that is not UTF-8 would crash the engine
        yield numbering.batch(shape, batch.columns)
