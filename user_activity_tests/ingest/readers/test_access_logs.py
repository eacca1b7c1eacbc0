"""Access logs as web servers write them: common, combined, with a host in front, with more fields behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from user_activity_tests.ingest.conftest import Drop

TIME = "[05/Jan/2026:10:00:00 +0100]"
REQUEST = '"GET /a?b=c HTTP/1.1" 200 2326'
AGENTS = '"http://x/" "Mozilla/5.0 [en]"'
PLAIN = {"bytes": "2326", "method": "GET", "status": "200"}

#: Lines of the same page view, and what they have in properties.
LINES: dict[str, tuple[str, dict[str, str]]] = {
    "common": (f"1.2.3.4 - - {TIME} {REQUEST}", PLAIN),
    "combined": (f"1.2.3.4 - - {TIME} {REQUEST} {AGENTS}", PLAIN),
    "a user": (f"1.2.3.4 - frank {TIME} {REQUEST} {AGENTS}", PLAIN | {"remote_user": "frank"}),
    "a user with a blank": (f"1.2.3.4 - Frank N. {TIME} {REQUEST} {AGENTS}", PLAIN | {"remote_user": "Frank N."}),
    "an identity": (f"1.2.3.4 ident frank {TIME} {REQUEST} {AGENTS}", PLAIN | {"remote_user": "frank"}),
    "a host name": (f"client.example.net - - {TIME} {REQUEST}", PLAIN),
    "a host and port in front": (f"example.com:443 1.2.3.4 - - {TIME} {REQUEST} {AGENTS}",
                                 PLAIN | {"host": "example.com:443"}),
    "a host in front": (f"example.com 1.2.3.4 - frank {TIME} {REQUEST}", PLAIN | {"host": "example.com",
                                                                                "remote_user": "frank"}),
    "IPv6": (f"2001:db8::1 - - {TIME} {REQUEST} {AGENTS}", PLAIN),
    "IPv6 behind a host": (f"[::1]:8080 ::1 - - {TIME} {REQUEST} {AGENTS}", PLAIN | {"host": "[::1]:8080"}),
    "nginx's main": (f'1.2.3.4 - - {TIME} {REQUEST} {AGENTS} "-"', PLAIN),
    "nginx's main behind a proxy": (f'10.0.0.1 - - {TIME} {REQUEST} {AGENTS} "1.2.3.4, 10.0.0.2"',
                                    PLAIN | {"forwarded_for": "1.2.3.4, 10.0.0.2"}),
    "times behind": (f"1.2.3.4 - - {TIME} {REQUEST} {AGENTS} 0.123 rt=0.1", PLAIN | {"more": "0.123 rt=0.1"}),
    "fields behind": (f'1.2.3.4 - - {TIME} {REQUEST} {AGENTS} "-" "a \\" b" 5 -', PLAIN | {"more": '"a \\" b" 5 -'}),
    "CRLF": (f"1.2.3.4 - - {TIME} {REQUEST} {AGENTS}\r", PLAIN),
    "HTTP/2": (f'1.2.3.4 - - {TIME} "GET /a?b=c HTTP/2.0" 200 2326 {AGENTS}', PLAIN),
    "HTTP/0.9": (f'1.2.3.4 - - {TIME} "GET /a?b=c" 200 2326 {AGENTS}', PLAIN),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_every_format_gives_the_page_view(line: str, drop: Drop) -> None:
    text, properties = LINES[line]
    drop.file("a.log", f"{text}\n")
    result = drop.ingest()
    assert [bad.reasons for bad in drop.bad()] == []
    (row,) = drop.rows(result)
    found = (row["event_type"], row["event_at"].isoformat(), row["page_url"])
    assert found == ("page_view", "2026-01-05T09:00:00", "/a?b=c")
    has_agents = AGENTS in text
    assert (row["referrer"], row["user_agent"]) == (("http://x/", "Mozilla/5.0 [en]") if has_agents else (None, None))
    assert json.loads(row["properties"]) == properties


def test_a_visitor_is_the_same_in_every_format(drop: Drop) -> None:
    lines = [text for text, _ in LINES.values() if "1.2.3.4" in text and AGENTS in text]
    drop.file("a.log", "\n".join(lines))
    assert len({row["user_id"] for row in drop.rows(drop.ingest())}) == 1


def test_visitors_behind_a_proxy_are_several(drop: Drop) -> None:
    clients = ["1.2.3.4", "5.6.7.8, 10.0.0.2", "2001:db8::1", "-", "unknown", '<a href=\\"x\\">']
    drop.file("a.log", "\n".join(f'10.0.0.1 - - {TIME} {REQUEST} {AGENTS} "{client}"' for client in clients))
    visitors = [row["user_id"] for row in drop.rows(drop.ingest())]
    assert len(set(visitors[:4])) == 4
    assert len(set(visitors[3:])) == 1


BROKEN: dict[str, str] = {
    '1.2.3.4 - - {time} "-" 408 - "-" "-"': 'has the request "-", which names no method and page: leave the line out',
    '1.2.3.4 - - {time} "" 400 0 "-" "-" "-"': 'has the request "", which names no method and page',
    '1.2.3.4 - - {time} "\\x16\\x03\\x01" 400 150 "-" "-"': 'has the request "\\x16\\x03\\x01", which names no method',
    '1.2.3.4 - - {time} "quit" 400 0': 'has the request "quit", which names no method',
    '1.2.3.4 - - {time} "GET" 400 0': 'has the request "GET", which names no method',
    'h:80 1.2.3.4 - - {time} "\\n" 400 0 "-" "-"': 'has the request "\\n", which names no method',
    "garbage": "is not a line of a common or combined access log",
    '1.2.3.4 - - {time} "GET / HTTP/1.1" 200 1 "http://x/" "Mozil': "is not a line of a common or combined access log",
    '1.2.3.4 - - {time} "GET / HTTP/1.1" 200 1 "http://x/"': "is not a line of a common or combined access log",
    '1.2.3.4 - - {time} "GET / HTTP/1.1" 200': "is not a line of a common or combined access log",
    '1.2.3.4 - - {time} "GET / HTTP/1.1" 200 1 "-" "-" "cut': "is not a line of a common or combined access log",
}


def test_a_bad_line_is_rejected_alone_in_a_sentence(drop: Drop) -> None:
    good = LINES["combined"][0]
    lines = [line.replace("{time}", TIME) for line in BROKEN]
    drop.file("a.log", "\n".join([good, *lines, good]))
    result = drop.ingest()
    assert (result.rows_accepted, result.rows_quarantined) == (2, len(BROKEN))
    told = [(bad.row_number, bad.record, bad.rules) for bad in drop.bad()]
    assert told == [(number, line, ("record_unreadable",)) for number, line in enumerate(lines, 2)]
    for bad, sentence in zip(drop.bad(), BROKEN.values(), strict=True):
        assert bad.reasons[0].startswith(f"the record {sentence}")


def requests() -> list[tuple[str, int, bool]]:
    pages = ["/", "/a.html", "/a/b.php?x=1", "/search?q=logo.png", "/css", "/v1.2", "/files/terms.pdf"]
    assets = ["/a.css", "/x/app.js?v=3", "/logo.PNG", "/i.jpeg", "/f.woff2", "/favicon.ico", "/a.svg#x", "/m.map"]
    return [
        *((f"GET {page}", 200, True) for page in pages),
        *((f"{method} /", 200, True) for method in ("HEAD", "POST")),
        *(("GET /", status, True) for status in (304, 302)),
        *((f"GET {asset}", 200, False) for asset in assets),
        *((f"{method} /", 200, False) for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "M-SEARCH")),
        *(("GET /", status, False) for status in (400, 403, 404, 500, 503)),
    ]


@pytest.mark.parametrize("is_told_apart", [False, True])
def test_what_is_no_page_is_told_apart_where_the_catalogue_has_a_name_for_it(
    is_told_apart: bool, tmp_path: Path
) -> None:
    types = ["page_view", *(["request"] if is_told_apart else [])]
    drop = Drop(tmp_path, event_types=types)
    asked: list[Any] = requests()
    drop.file("a.log", "\n".join(f'1.2.3.4 - - {TIME} "{request} HTTP/1.1" {status} 1' for request, status, _ in asked))
    result = drop.ingest()
    assert [bad.reasons for bad in drop.bad()] == []
    found = [row["event_type"] for row in drop.rows(result)]
    assert found == ["page_view" if is_page or not is_told_apart else "request" for _, _, is_page in asked]
