"""The layout of a JSON file: a record per line, or a document; and objects around its records, as APIs send them."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from user_activity.ingest.readers.batches import Batches, Numbering, Shape
from user_activity.ingest.readers.files import CHUNK_BYTES, MOST_FIELDS, FileProblem
from user_activity.ingest.readers.json_document import Document, text_batches

DEEPEST = 3

Path = tuple[str, ...]
Wraps = Callable[[Mapping[str, object], set[str]], bool]
"""Whether an object with these members is only what surrounds a list of records with these keys."""


@dataclass(frozen=True)
class _Part:
    """A member of an object, or an element of its lists. An object or list that is looked into comes first, empty."""

    path: Path
    text: str
    value: Any
    is_element: bool = False


def is_lines(head: bytes, wraps: Wraps) -> bool:
    """Whether a file that begins so has one object per line.

    It has not if its first line holds several objects, begins an object that goes on, or surrounds the records.
    """
    line, newline, rest = head.strip().partition(b"\n")
    text = line.decode("utf-8", "replace").strip()
    if not text.startswith("{"):
        return False
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except RecursionError:
        return True
    except json.JSONDecodeError as error:
        goes_on = text.endswith((",", ":", "[", "{")) or (not newline and len(head) >= CHUNK_BYTES)
        closes_later = error.pos >= len(text) and rest.lstrip().startswith((b",", b"]", b"}"))
        return not (goes_on or closes_later)
    if text[end:]:
        return not text[end:].lstrip().startswith(("{", ","))
    try:
        return envelope_of(io.BytesIO(line), wraps, len(line)) is None
    except FileProblem:
        return bool(newline)


def envelope_of(stream: BinaryIO, wraps: Wraps, limit: int) -> Path | None:
    """The path to the records if the file's objects surround them; None if its values are the records.

    Every object is looked through: whether it is a record itself may be clear from its last member alone.
    """
    document, path = Document(stream, limit), None
    if document.peek() != "{":
        return None
    for _ in document.each():
        layout = _Layout.of(document)
        found = layout.records(wraps)
        if path is None:
            path = found
        elif found != path and (layout.keys or path not in layout.lists):
            raise FileProblem(
                "file_json_layout",
                f"has its records at {'.'.join(path)!r}, but also an object without them: "
                "send each kind of object in a file of its own",
            )
        if path is None:
            return None
    return path


def enveloped_batches(stream: BinaryIO, shape: Shape, numbering: Numbering, limit: int, path: Path) -> Batches:
    """The records at a path of the file's objects as batches of their original text."""
    document = Document(stream, limit)
    records = (part.text for _ in document.each() for part in _parts(document) if part.is_element and part.path == path)
    yield from text_batches(records, shape, numbering)


def batches_at(stream: BinaryIO, shape: Shape, numbering: Numbering, limit: int, path: Path) -> Batches:
    """The records at a path that the map names, through objects and lists of any depth; nothing else is read.

    Raises ``FileProblem`` if the file has no such path.
    """
    document, seen = Document(stream, limit), [False]
    yield from text_batches((text for _ in document.each() for text in _at(document, path, seen)), shape, numbering)
    if not seen[0]:
        raise FileProblem(
            "file_json_layout",
            f"has no list of records at {'.'.join(path)!r}: correct `records` in the map of its source",
        )


def _at(document: Document, path: Path, seen: list[bool]) -> Iterator[str]:
    """The texts of the records at a path below the value that begins here; notes in ``seen`` whether there is one."""
    opening = document.peek()
    if opening == "[":
        seen[0] = seen[0] or not path
        for _ in document.items("array"):
            if path:
                yield from _at(document, path, seen)
            else:
                yield document.value("array")[0]
    elif opening == "{" and path:
        for _ in document.items("object"):
            _, key = document.value("object")
            document.take(":")
            if key == path[0]:
                yield from _at(document, path[1:], seen)
            else:
                document.peek()
                document.value("object")
    else:
        text, _ = document.value()
        seen[0] = seen[0] or not path
        if opening == "{":
            yield text


def _parts(document: Document, parents: Path = ()) -> Iterator[_Part]:
    for _ in document.items("object"):
        _, key = document.value("object")
        if not isinstance(key, str):
            raise document.malformed("a name is missing")
        document.take(":")
        path = (*parents, key)
        match document.peek():
            case "{" if len(path) < DEEPEST:
                yield _Part(path, "{", {})
                yield from _parts(document, path)
            case "[":
                yield _Part(path, "[", [])
                for _ in document.items("array"):
                    yield _Part(path, *document.value("array"), is_element=True)
            case _:
                yield _Part(path, *document.value("object"))


@dataclass
class _Layout:
    """What an object consists of."""

    members: dict[Path, Any] = field(default_factory=dict)
    lists: list[Path] = field(default_factory=list)
    keys: dict[Path, set[str]] = field(default_factory=dict)
    """The keys of the objects in each list that has objects."""

    @classmethod
    def of(cls, document: Document) -> "_Layout":
        """The layout of the object that begins here; an empty one if it has more members than a record may have."""
        layout = cls()
        for part in _parts(document):
            if part.is_element:
                layout.members[part.path] = [...]  # the list is not empty
                if isinstance(part.value, dict):
                    keys = layout.keys.setdefault(part.path, set())
                    keys.update(part.value if len(keys) < MOST_FIELDS else ())
            elif len(layout.members) == MOST_FIELDS:
                return cls()
            else:
                layout.members[part.path] = part.value
                layout.lists += [part.path] if part.text == "[" else []
        return layout

    def records(self, wraps: Wraps) -> Path | None:
        """The path of the list of records that the object only surrounds."""
        found = [path for path, keys in self.keys.items() if wraps(self._around(path), keys)]
        if found and (len(self.keys) > 1 or self.lists.count(found[0]) > 1):
            names = ", ".join(".".join(path) for path in self.lists if path in self.keys)
            raise FileProblem(
                "file_json_layout", f"holds several lists of objects ({names}): send each list in a file of its own"
            )
        if not self.keys and len(self.lists) == 1 and not any(self.members.values()):
            return self.lists[0]  # a list without records, and nothing else that says anything
        return found[0] if found else None

    def _around(self, path: Path) -> dict[str, object]:
        return {member[-1]: value for member, value in self.members.items() if path[: len(member) - 1] == member[:-1]}
