"""Files with one record per line: JSON lines and access logs."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np

from user_activity.ingest.readers.batches import Batches, Numbering, Shape, text_array
from user_activity.ingest.readers.files import check_utf8, chunks, too_long

_NEWLINE = 10


def blocks(pieces: Iterable[bytes], limit: int, offset: int = 0) -> Iterator[bytes]:
    """Blocks of complete UTF-8 lines, each ending in a newline; ``offset`` is their position in the file.

    Raises ``FileProblem`` for a line longer than ``limit``.
    """
    rest = b""
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if not cut:
            rest += piece
            if len(rest) > limit:
                raise too_long(limit)
            continue
        block, rest = rest + piece[:cut], piece[cut:]
        check_utf8(block, offset)
        offset += len(block)
        yield block
    if rest:
        if len(rest) > limit:
            raise too_long(limit)
        check_utf8(rest, offset)
        yield rest + b"\n"


def line_batches(
    stream: BinaryIO, shape: Shape, numbering: Numbering, limit: int, comment: str | None = None
) -> Batches:
    """The file's lines as batches, without blank lines and those that begin as comments do."""
    prefix = comment.encode() if comment else None
    for block in blocks(chunks(stream), limit):
        data = np.frombuffer(block, np.uint8)
        starts = np.concatenate((np.zeros(1, np.int64), np.flatnonzero(data == _NEWLINE) + 1))
        if int(np.diff(starts).max()) > limit + 1:
            raise too_long(limit)
        block, starts = without_blank_lines(block, data, starts, prefix)
        if len(starts) > 1:
            yield numbering.batch(shape, [text_array(block, starts[:-1], int(starts[-1]))])


def without_blank_lines(
    block: bytes, data: np.ndarray, starts: np.ndarray, comment: bytes | None = None
) -> tuple[bytes, np.ndarray]:
    """The block and its line starts (plus its end) without lines that hold only white space, or are a comment."""
    firsts = data[starts[:-1]]
    if not (firsts <= 32).any() and not (comment and comment in block):
        return block, starts
    kept = [line for line in block.split(b"\n") if line.strip() and not (comment and line.startswith(comment))]
    lengths = np.fromiter((len(line) + 1 for line in kept), np.int64, len(kept))
    return b"\n".join(kept) + b"\n", np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
