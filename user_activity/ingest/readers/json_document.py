"""JSON files whose records span lines: an array of records, or records one after another."""

import codecs
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO, Literal

from user_activity.ingest.readers.batches import Batches, Numbering, Shape, texts
from user_activity.ingest.readers.files import FileProblem, chunks, too_long

BATCH_ROWS = 20_000
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_LONGEST_WORD = len("-Infinity")

Kind = Literal["array", "object"]
_BRACKETS: dict[Kind, tuple[str, str]] = {"array": ("[", "]"), "object": ("{", "}")}


def _unclosed(kind: Kind) -> FileProblem:
    return FileProblem(
        f"file_{kind}_not_closed", f"is a JSON {kind} that never closes: it was cut short, send it again"
    )


class Document:
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

    def value(self, within: Kind | None = None) -> tuple[str, Any]:
        """The JSON value that begins here and its text; ``within`` is what never closes if the file ends inside it."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except RecursionError as error:
                raise self.malformed(error) from None
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self.text) - _LONGEST_WORD
                if cut and self.more():
                    continue
                raise _unclosed(within) if cut and within else self.malformed(error) from None
            if end == len(self.text) and self.more():
                continue  # the next chunk may continue a number
            text, self.at = self.text[self.at : end], end
            return text, value

    def items(self, kind: Kind) -> Iterator[None]:
        """Stops at each item of the array or object that begins here; the caller takes the item."""
        opening, closing = _BRACKETS[kind]
        self.take(opening)
        if self.peek() != closing:
            while True:
                if not self.peek():
                    raise _unclosed(kind)
                yield
                match self.peek():
                    case ",":
                        self.at += 1
                    case "":
                        raise _unclosed(kind)
                    case other if other == closing:
                        break
                    case _:
                        raise self.malformed(f"a comma or {closing} is missing")
        self.at += 1

    def take(self, character: str) -> None:
        """Go past this character, which must come next."""
        if self.peek() != character:
            raise self.malformed(f"{character} is missing")
        self.at += 1

    def each(self) -> Iterator[None]:
        """Stops at each of the values that follow one another, with or without commas; the caller takes the value."""
        while self.peek():
            yield
            if self.peek() == ",":
                self.at += 1

    def malformed(self, error: Exception | str) -> FileProblem:
        """The error for a document that is not valid JSON, with the position."""
        place = self.consumed + self.at + 1
        what = getattr(error, "msg", str(error))
        return FileProblem(
            "file_not_json", f"is not valid JSON (character {place}: {what}): correct it and send it again"
        )


def _records(document: Document) -> Iterator[str]:
    if document.peek() != "[":
        for _ in document.each():
            yield document.value()[0]
        return
    for _ in document.items("array"):
        yield document.value("array")[0]
    if document.peek():
        raise document.malformed("something follows the array")


def document_batches(stream: BinaryIO, shape: Shape, numbering: Numbering, limit: int) -> Batches:
    """The document's records as batches of their original text."""
    yield from text_batches(_records(Document(stream, limit)), shape, numbering)


def text_batches(records: Iterator[str], shape: Shape, numbering: Numbering) -> Batches:
    """Records as batches of their text."""
    while found := list(islice(records, BATCH_ROWS)):
        yield numbering.batch(shape, [texts(found)])
