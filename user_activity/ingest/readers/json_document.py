"""JSON files whose records span lines: an array of records, or records one after another."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from user_activity.ingest.readers.batches import Batches, Numbering, Shape, texts
from user_activity.ingest.readers.files import FileProblem, chunks, too_long

BATCH_ROWS = 20_000
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_LONGEST_WORD = len("-Infinity")


class _Document:
    """A window onto the decoded text of a stream: it reads more on demand and drops consumed text."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._pieces = chunks(stream)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._limit = limit
        self.text = ""
        self.at = 0
        self.consumed = 0

    def more(self) -> bool:
        """Read the next chunk; returns False at the end of the file."""
        if len(self.text) - self.at > self._limit:
            raise too_long(self._limit)
        piece = next(self._pieces, None)
        try:
            text = self._decoder.decode(piece or b"", final=piece is None)
        except UnicodeDecodeError as error:
            raise FileProblem(
                "file_encoding", f"is not UTF-8 ({error.reason}): save it as UTF-8, send it again"
            ) from None
        self.consumed += self.at
        self.text, self.at = self.text[self.at :] + text, 0
        return piece is not None

    def peek(self) -> str:
        """The next character that is not white space; empty at the end of the file."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def value(self, unfinished: FileProblem | None = None) -> str:
        """The text of the JSON value that begins here; ``unfinished`` is raised if the file ends inside it."""
        while True:
            try:
                _, end = _DECODER.raw_decode(self.text, self.at)
            except RecursionError as error:
                raise self.malformed(error) from None
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self.text) - _LONGEST_WORD
                if cut and self.more():
                    continue
                raise (cut and unfinished) or self.malformed(error) from None
            if end == len(self.text) and self.more():
                continue  # the next chunk may continue a number
            found, self.at = self.text[self.at : end], end
            return found

    def malformed(self, error: Exception | str) -> FileProblem:
        """The error for a document that is not valid JSON, with the position."""
        place = self.consumed + self.at + 1
        what = getattr(error, "msg", str(error))
        return FileProblem(
            "file_not_json", f"is not valid JSON (character {place}: {what}): correct it and send it again"
        )


def _records(document: _Document) -> Iterator[str]:
    if document.peek() != "[":
        while document.peek():
            yield document.value()
        return
    document.at += 1
    unclosed = FileProblem(
        "file_array_not_closed", "is a JSON array that never closes: it was cut short, send it again"
    )
    if document.peek() != "]":
        while True:
            if not document.peek():
                raise unclosed
            yield document.value(unclosed)
            match document.peek():
                case ",":
                    document.at += 1
                case "]":
                    break
                case "":
                    raise unclosed
                case _:
                    raise document.malformed("a comma or ] is missing")
    document.at += 1
    if document.peek():
        raise document.malformed("something follows the array")


def document_batches(stream: BinaryIO, shape: Shape, numbering: Numbering, limit: int) -> Batches:
    """The document's records as batches of their original text."""
    found: list[str] = []
    for record in _records(_Document(stream, limit)):
        found.append(record)
        if len(found) == BATCH_ROWS:
            yield numbering.batch(shape, [texts(found)])
            found = []
    if found:
        yield numbering.batch(shape, [texts(found)])
