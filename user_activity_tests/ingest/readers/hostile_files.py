"""Files that nobody would send on purpose: by name, the bytes, and what comes of them."""

import gzip
import io
import json
import os
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from user_activity_tests.ingest.conftest import EVENT

HEAD, ROW = b"user_id,event_type,event_at\n", b"u1,click,2026-01-05\n"
LINE = b'{"user_id":"u1","event_type":"click","event_at":"2026-01-05T10:00:00Z"}\n'
RECORD = LINE.strip()
TEXT = (HEAD + ROW).decode()


def zst(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


def with_field(text: str) -> bytes:
    """The good record with one more field, as it is written."""
    return RECORD[:-1] + b"," + text.encode() + b"}\n"


def parquet(columns: dict[str, Any] | None = None, **options: Any) -> bytes:
    """A Parquet file of the good event, with these columns besides or instead."""
    target = io.BytesIO()
    pq.write_table(pa.table({name: [value] for name, value in EVENT.items()} | (columns or {})), target, **options)
    return target.getvalue()


def texts(*values: bytes) -> pa.Array:
    """Arrow text of any bytes."""
    ends = [0, *(sum(map(len, values[: at + 1])) for at in range(len(values)))]
    return pa.StringArray.from_buffers(
        len(values), pa.array(ends, pa.int32()).buffers()[1], pa.py_buffer(b"".join(values))
    )


GOOD_PARQUET = parquet()

#: Files that are rejected whole: their bytes, and what the sentence says.
REJECTED: dict[str, tuple[bytes, str]] = {
    # CSV
    "latin1.csv": (HEAD + "é,click,2026-01-05\n".encode("latin-1"), "is not UTF-8 (byte"),
    "latin1_header.csv": ("usér,b\n".encode("latin-1"), "is not UTF-8 (byte 2)"),
    "cp1252.csv": (HEAD + "“u”,click,2026-01-05\n".encode("cp1252"), "is not UTF-8"),
    "cut_character.csv": (HEAD + ROW + "é".encode()[:1], "is not UTF-8"),
    "surrogate.csv": (HEAD + b"\xed\xa0\x80,click,2026-01-05\n", "is not UTF-8"),
    "utf16_cut.csv": (TEXT.encode("utf-16")[:-1], "is not valid UTF-16"),
    "utf16_unmarked.csv": (TEXT.encode("utf-16-le"), "NUL"),
    "utf16_big_unmarked.csv": (TEXT.encode("utf-16-be"), "NUL"),
    "nul_header.csv": (b"user\x00_id,event_type,event_at\n" + ROW, "NUL"),
    "binary.csv": (bytes(range(256)) * 10, "NUL"),
    "twice.csv": (b"user_id,user_id\n1,2\n", "'user_id' twice"),
    "twice_spaced.csv": (b"user_id, user_id \n1,2\n", "'user_id' twice"),
    "no_header.csv": (ROW * 2, "has no header, for '2026-01-05' in its first line is not the name of a column"),
    "empty_header.csv": (b",,\n" + ROW, "has no header"),
    "comments_alone.csv": (b"# exported\n#\n", "has no header"),
    "open_header.csv": (b'"user_id,event_type\nu1,click\n', "never closed"),
    "long_header.csv": (b"x" * (1024**2 + 1), "header of more than"),
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b" \n\r\n\t\n", "is empty"),
    "only_mark.csv": (b"\xef\xbb\xbf", "is empty"),
    "only_mark_and_newline.csv": (b"\xef\xbb\xbf\n", "is empty"),
    "parquet_as.csv": (GOOD_PARQUET, "NUL"),
    "gzip_as.csv": (gzip.compress(HEAD + ROW), "is not UTF-8"),
    # JSON lines
    "empty.jsonl": (b"", "is empty"),
    "blank.jsonl": (b"\n \n", "is empty"),
    "only_mark.jsonl": (b"\xef\xbb\xbf", "is empty"),
    "latin1.jsonl": (LINE + '{"user_id":"é"}'.encode("latin-1"), "is not UTF-8 (byte"),
    "cut_character.jsonl": (LINE + '{"user_id":"é'.encode()[:-1], "is not UTF-8"),
    "overlong.jsonl": (LINE + b'{"user_id":"\xc0\xaf"}\n', "is not UTF-8"),
    "gzip_as.jsonl": (gzip.compress(LINE), "is not UTF-8"),
    "parquet_as.jsonl": (GOOD_PARQUET, "is not UTF-8"),
    # JSON documents
    "latin1.json": ('[{"user_id":"é"}]'.encode("latin-1"), "is not UTF-8"),
    "only_mark.json": (b"\xef\xbb\xbf", "is empty"),
    "unclosed.json": (b'[{"user_id":"u1"},', "never closes"),
    "unclosed_record.json": (b'[{"user_id":"u1"},{"user_id":"u', "never closes"),
    "unclosed_text.json": (b'[{"user_id":"u', "never closes"),
    "opened.json": (b"[", "never closes"),
    "two_arrays.json": (b'[{"user_id":"u1"}][', "is not valid JSON"),
    "cut_envelope.json": (b'{"data":[\n' + RECORD + b"]", "never closes"),
    "cut_list.json": (b'{"data":[' + RECORD + b",", "never closes"),
    "damaged_envelope.json": (b'{"data":[\n' + RECORD + b'],"next" 2}', ": is missing"),
    "several_lists.json": (b'{"a":[' + RECORD + b'],"b":[' + RECORD + b"]}", "several lists of objects (a, b)"),
    "other_object.json": (b'{"data":[' + RECORD + b"]}" + RECORD, "also an object without them"),
    "trailing.json": (b"[" + RECORD + b"] and more", "something follows the array"),
    "missing_comma.json": (b'[{"user_id":"u1"} {"user_id":"u2"}]', "a comma or ] is missing"),
    "two_commas.json": (b"[" + RECORD + b",," + RECORD + b"]", "is not valid JSON"),
    "last_comma.json": (b"[" + RECORD + b",]", "never closes"),
    "deep.json": (b"[" * 100_000, "is not valid JSON"),
    "deep_objects.json": (b'[{"a":' + b'{"a":' * 100_000, "is not valid JSON"),
    "single_quotes.json": (b"[{'user_id': 'u1'}]", "is not valid JSON"),
    "comment.json": (b"// events\n[]", "is not valid JSON"),
    "text.json": (b"hello", "is not valid JSON"),
    "html.json": (b"<!doctype html><p>502 Bad Gateway</p>", "is not valid JSON"),
    "raw_newline.json": (b'[{"user_id":"u\n1"}]', "never closes"),
    "bad_escape.json": (b'[{"user_id":"\\x41"}]', "never closes"),
    # Access logs
    "latin1.log": ("caf\xe9".encode("latin-1"), "is not UTF-8"),
    # Parquet
    "torn.parquet": (b"PAR1 and then nothing", "is not readable as Parquet"),
    "cut.parquet": (GOOD_PARQUET[:-20], "is not readable as Parquet"),
    "half.parquet": (GOOD_PARQUET[: len(GOOD_PARQUET) // 2], "is not readable as Parquet"),
    "headless.parquet": (b"XXXX" + GOOD_PARQUET[4:200] + GOOD_PARQUET[204:], "is not readable as Parquet"),
    "wrong_magic.parquet": (GOOD_PARQUET[:-4] + b"ORC1", "is not readable as Parquet"),
    "encrypted.parquet": (GOOD_PARQUET[:-4] + b"PARE", "is not readable as Parquet"),
    "magic_only.parquet": (b"PAR1PAR1", "is not readable as Parquet"),
    "footer_too_long.parquet": (GOOD_PARQUET[:-8] + b"\xff\xff\xff\x7fPAR1", "is not readable as Parquet"),
    "csv_as.parquet": (HEAD + ROW, "is not readable as Parquet"),
    "empty.parquet": (b"", "is empty"),
    "bad_text.parquet": (parquet({"user_id": texts(b"\xff\xfe")}), "Invalid UTF8"),
    "bad_text_inside.parquet": (
        parquet({"extra": pa.StructArray.from_arrays([texts(b"\xff\xfe")], names=["a"])}),
        "Invalid UTF8",
    ),
    "bad_words.parquet": (parquet({"device": texts(b"\xed\xa0\x80").dictionary_encode()}), "Invalid UTF8"),
    "torn.parquet.gz": (gzip.compress(GOOD_PARQUET)[:-30], "cut short"),
    "halves.parquet": (parquet({"x": pa.array([1.5], pa.float16())}), "Not implemented"),
    "large_decimals.parquet": (parquet({"x": pa.array([Decimal(1)], pa.decimal256(70, 2))}), "Not implemented"),
    # Compression
    "cut.jsonl.gz": (gzip.compress(LINE * 5000)[:-100], "cut short"),
    "without_trailer.csv.gz": (gzip.compress(HEAD + ROW * 50)[:-8], "cut short"),
    "wrong_sum.csv.gz": (gzip.compress(HEAD + ROW)[:-8] + b"\0" * 8, "damaged"),
    "flipped.jsonl.gz": (gzip.compress(LINE)[:20] + b"\xff\xff\xff" + gzip.compress(LINE)[23:], "damaged"),
    "trailing.jsonl.gz": (gzip.compress(LINE) + b"garbage", "damaged"),
    "cut.jsonl.zst": (zst(os.urandom(9000).hex().encode())[:-50], "cut short"),
    "flipped.jsonl.zst": (b"\x28\xb5\x2f\xfd" + b"\xff" * 40, "damaged"),
    "plain.csv.gz": (HEAD + ROW, "damaged"),
    "plain.jsonl.zst": (LINE, "damaged"),
    "zst_as.jsonl.gz": (zst(LINE), "damaged"),
    "gz_as.jsonl.zst": (gzip.compress(LINE), "damaged"),
    "empty.json.gz": (gzip.compress(b""), "is empty"),
    "empty.csv.zst": (zst(b""), "is empty"),
    "nothing.csv.gz": (b"", "is empty"),
    "bomb.jsonl.gz": (gzip.compress(b"0" * 64 * 1024**2), "record of more than"),
    "twice.jsonl.gz.gz": (gzip.compress(gzip.compress(LINE)), "not supported"),
    # Names
    "notes.doc": (b"hello", "not supported"),
    "report.log.bak": (b"hello!", "not supported"),
    "noextension": (b"hello", "not supported"),
    "archive.zip": (b"PK\x03\x04", "not supported"),
    "sheet.xlsx": (b"PK\x03\x04sheet", "not supported"),
    "only.gz": (gzip.compress(LINE), "not supported"),
    "a.csv~": (HEAD + ROW, "not supported"),
}  # fmt: skip

#: Files that are read: their bytes, and how many of their records are accepted and quarantined.
READ: dict[str, tuple[bytes, int, int]] = {
    # CSV
    "marked.csv": (b"\xef\xbb\xbf" + HEAD + ROW, 1, 0),
    "header_alone.csv": (HEAD, 0, 0),
    "header_without_end.csv": (HEAD.strip(), 0, 0),
    "mixed_ends.csv": (HEAD + ROW.replace(b"\n", b"\r\n") + ROW + ROW.replace(b"\n", b"\r") + ROW, 4, 0),
    "crlf.csv": ((HEAD + ROW * 2).replace(b"\n", b"\r\n"), 2, 0),
    "ragged.csv": (HEAD + ROW + b"u2,click\nu3,click,2026-01-05,more\n" + ROW, 2, 2),
    "unbalanced.csv": (HEAD + ROW + b'u2,"click,2026-01-05\n' + ROW, 2, 1),
    "unbalanced_at_end.csv": (HEAD + ROW + b'u2,click,"2026-01-05', 1, 1),
    "stray_quote.csv": (HEAD + b'u1,click,"2026-01-05"x\n' + ROW, 1, 1),
    "quotes.csv": (HEAD + b'"' * 4001 + b",click,2026-01-05\n" + ROW, 1, 1),
    "even_quotes.csv": (HEAD + b'"' * 4000 + b",click,2026-01-05\n" + ROW, 2, 0),
    "nul.csv": (HEAD + b"u\x001,click,2026-01-05\n" + ROW, 1, 1),
    "separators.csv": (HEAD + b"u\x1f1,click,2026-01-05\nu\x1e,click,2026-01-05\n" + ROW, 1, 2),
    "utf16_little.csv": (TEXT.encode("utf-16"), 1, 0),
    "utf16_big.csv": (b"\xfe\xff" + TEXT.encode("utf-16-be"), 1, 0),
    "utf32.csv": (TEXT.encode("utf-32"), 1, 0),
    "cr.csv": ((HEAD + ROW * 3).replace(b"\n", b"\r"), 3, 0),
    "cr_quoted.csv": (b'"user_id","event_type","event_at"\r"u1","click","2026-01-05"\r', 1, 0),
    "unknown_header.csv": (b"date,id,x\n" + ROW, 0, 1),
    "huge_field.csv": (HEAD + b"u" * 2_000_000 + b",click,2026-01-05\n", 1, 0),
    "semicolons.csv": ((HEAD + ROW).replace(b",", b";"), 1, 0),
    "pipes.csv": ((HEAD + ROW).replace(b",", b"|"), 1, 0),
    "tabs.csv": ((HEAD + ROW).replace(b",", b"\t"), 1, 0),
    "form_feeds.csv": (HEAD + b"\x0cu1\x0c,click\x0b,2026-01-05\n\x85\n".replace(b"\x85", "\x85".encode()), 1, 1),
    "paragraphs.csv": (HEAD + "u\u2028\u2029,click,2026-01-05\n".encode(), 1, 0),
    # JSON lines
    "marked.jsonl": (b"\xef\xbb\xbf" + LINE, 1, 0),
    "utf16.jsonl": (LINE.decode().encode("utf-16"), 1, 0),
    "cut.jsonl": (LINE * 2 + RECORD[:-20], 2, 1),
    "trailing.jsonl": (LINE + RECORD + b" garbage\n", 1, 1),
    "twice.jsonl": (with_field('"user_id":"u2","user_id":null'), 1, 0),
    "nan.jsonl": (with_field('"x":NaN') + with_field('"x":Infinity') + with_field('"revenue":-Infinity') + LINE, 4, 0),
    "digits.jsonl": (with_field('"x":' + "9" * 5000) + with_field('"x":1e999') + with_field('"revenue":1e999'), 3, 0),
    "deep.jsonl": (with_field('"x":' + "[" * 5000 + "]" * 5000) + LINE, 2, 0),
    "unclosed_deep.jsonl": (b"[" * 100_000 + b"\n" + LINE, 1, 1),
    "surrogates.jsonl": (with_field('"x":"\\ud800"') + with_field('"x":"\\udc00\\ud800"') + LINE, 1, 2),
    "nul.jsonl": (with_field('"x":"a\\u0000b"') + with_field('"user_id":"u"').replace(b"u1", b"\\u0000"), 1, 1),
    "scalars.jsonl": (b'1\n"text"\nnull\ntrue\n-0.0\n' + LINE, 1, 5),
    "arrays.jsonl": (b"[]\n[" + RECORD + b"]\n" + LINE, 1, 2),
    "concatenated.jsonl": (RECORD * 2 + b"\n" + LINE, 1, 1),
    "empty_objects.jsonl": (b"{}\n" * 3, 0, 3),
    "cr.jsonl": (RECORD + b"\r" + RECORD + b"\r", 0, 1),
    "controls.jsonl": (b'{"user_id":"a\tb"}\n\x01\n' + LINE, 1, 2),
    "keys.jsonl": (with_field('"":1,"\\u0000":2,"a\\"b":3,"' + "k" * 5000 + '":4') + LINE, 2, 0),
    "fields_that_are_no_text.jsonl": (b'{"user_id":{"a":1},"event_type":["click"],"event_at":{}}\n', 0, 1),
    # JSON documents
    "marked.json": (b"\xef\xbb\xbf[" + RECORD + b"]", 1, 0),
    "utf16.json": (f"[{RECORD.decode()}]".encode("utf-16"), 1, 0),
    "array.json": (b"[]", 0, 0),
    "array_of_arrays.json": (b"[[],[1],[[]]]", 0, 3),
    "scalars.json": (b'[1,"a",null,true]', 0, 4),
    "scalar.json": (b"5", 0, 1),
    "null.json": (b"null", 0, 1),
    "envelope.json": (b'{"data":[' + RECORD + b"]}", 1, 0),
    "one_line.json": (RECORD * 2 + RECORD, 3, 0),
    "one.json": (json.dumps(EVENT, indent=2).encode(), 1, 0),
    "concatenated.json": (json.dumps(EVENT, indent=2).encode() * 2, 2, 0),
    "nan.json": (b'[{"user_id":NaN},' + RECORD + b"]", 1, 1),
    "surrogate.json": (b'[{"user_id":"\\ud800"},' + RECORD + b"]", 1, 1),
    # Access logs
    "noise.log": (b"GET /\n- - -\n\x00\n" + LINE, 0, 4),
    # Parquet
    "rowless.parquet": (parquet({name: pa.array([], pa.string()) for name in EVENT}), 0, 0),
    "decimals.parquet": (parquet({"revenue": [Decimal("1.50")], "x": [Decimal(10) ** 37]}), 1, 0),
    "int96.parquet": (parquet({"event_at": [datetime(2026, 1, 5)]}, use_deprecated_int96_timestamps=True), 1, 0),
    "nested.parquet": (parquet({"x": [[{"a": [1, None]}]], "metadata": [{"device": "tv"}]}), 1, 0),
    "words.parquet": (parquet({"device": pa.array(["tv"]).dictionary_encode()}), 1, 0),
    "durations.parquet": (parquet({"x": pa.array([timedelta(days=1)])}), 1, 0),
    "times.parquet": (parquet({"x": pa.array([1], pa.time64("us")), "y": pa.array([1], pa.date64())}), 1, 0),
    "bytes.parquet": (parquet({"x": pa.array([b"\xff\x00"], pa.binary()), "y": pa.array([b"ab"], pa.binary(2))}), 1, 0),
    "not_finite.parquet": (parquet({"y": [float("nan")], "z": [float("inf")]}), 1, 0),
    "nulls.parquet": (parquet({"x": pa.nulls(1)}), 1, 0),
    "maps.parquet": (parquet({"x": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))}), 1, 0),
    "far_times.parquet": (parquet({"event_at": pa.array([2**62], pa.timestamp("us"))}), 0, 1),
    "nul.parquet": (parquet({"user_id": ["a\x00"]}), 0, 1),
    "brotli.parquet": (parquet(compression="brotli"), 1, 0),
    # Compression
    "members.jsonl.gz": (gzip.compress(LINE) + gzip.compress(with_field('"x":1')), 2, 0),
    "frames.jsonl.zst": (zst(LINE) + zst(with_field('"x":2')), 2, 0),
    "members.parquet.gz": (gzip.compress(parquet({"x": [1]})), 1, 0),
    "UPPER.JSONL.GZ": (gzip.compress(with_field('"x":3')), 1, 0),
    # Names
    **{
        name: (with_field(f'"x":{json.dumps(name)}'), 1, 0)
        for name in (
            "it's.jsonl", 'dou"ble.jsonl', "a b.jsonl", "ünï☃.jsonl", "new\nline.jsonl", "glob[0-9]*?.jsonl",
            "x..jsonl.jsonl",            "-rf.jsonl", "%2e%2e%2fx.jsonl", "semi;drop table x;--.jsonl", "a\\b.jsonl",
            "{x}.jsonl", "$HOME.jsonl",
            "x" * 240 + ".jsonl", "é" * 120 + ".jsonl", "Case.jsonl", "case.jsonl", "'; --.jsonl",
        )
    },
}  # fmt: skip
