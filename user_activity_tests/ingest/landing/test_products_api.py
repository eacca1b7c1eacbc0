"""The catalogue over HTTP, from a real server on this machine: slow, failing, rubbish, and now and then good."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stamina

from user_activity.ingest.landing.products_api import ATTEMPTS, CatalogueError, fetch_products
from user_activity_tests.ingest.conftest import DAY, Drop

PRODUCTS = [{"product_id": f"p{number}", "name": "Mug", "category": "home", "price": number} for number in range(25)]
Answer = Callable[[BaseHTTPRequestHandler, int, int], None]


class Server:
    """A catalogue whose behaviour a test sets."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.behaviour: Answer = listing()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                query = parse_qs(urlsplit(self.path).query)
                server.behaviour(self, int(query.get("page", ["1"])[0]), int(query.get("page_size", ["100"])[0]))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/products"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def send(handler: BaseHTTPRequestHandler, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in ({"Content-Length": str(len(content))} | (headers or {})).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


def listing(wrap: Callable[[list[Any], int, int], Any] = lambda products, page, size: products) -> Answer:
    return lambda handler, page, size: send(handler, wrap(PRODUCTS[(page - 1) * size : page * size], page, size))


def first_fails(times: int, fail: Callable[[BaseHTTPRequestHandler], None], then: Answer) -> Answer:
    left = [times]

    def answer(handler: BaseHTTPRequestHandler, page: int, size: int) -> None:
        left[0] -= 1
        fail(handler) if left[0] >= 0 else then(handler, page, size)

    return answer


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'[{"product_id":')
    handler.connection.close()


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    stamina.set_testing(True, attempts=ATTEMPTS)  # the same number of attempts, without the waiting
    yield found
    stamina.set_testing(False)
    found.close()


@pytest.fixture
def shop(server: Server, tmp_path: Path) -> Drop:
    return Drop(tmp_path / "data", products_url=server.url, products_page_size=10, http_timeout_seconds=0.3)


def fetched(shop: Drop) -> list[Any]:
    path = fetch_products(shop.settings, DAY)
    assert path
    assert path.parent == shop.folder("products")
    return [json.loads(line) for line in path.read_text().splitlines()]


def nothing_was_kept(shop: Drop) -> bool:
    return not list(shop.settings.incoming_dir.rglob("*.*"))


def test_without_an_address_there_is_nothing_to_fetch(drop: Drop) -> None:
    assert fetch_products(drop.settings, DAY) is None


def next_link(products: list[Any], page: int, size: int) -> Any:
    return {"results": products, "next": f"/products?page={page + 1}&page_size={size}" if page * size < 25 else None}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda products, page, size: products,
        lambda products, page, size: {"products": products},
        lambda products, page, size: {"items": products, "total": 25},
        lambda products, page, size: {"data": products, "pages": 3},
        next_link,
    ],
    ids=["array", "until a short page", "total", "pages", "next"],
)
def test_every_way_of_paging_gives_the_whole_catalogue(wrap: Any, server: Server, shop: Drop) -> None:
    server.behaviour = listing(wrap)
    assert fetched(shop) == PRODUCTS
    assert len(server.asked) == 3


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_server_that_knows_no_pages_gives_everything_once(wrapped: bool, server: Server, shop: Drop) -> None:
    server.behaviour = lambda handler, page, size: send(handler, {"products": PRODUCTS} if wrapped else PRODUCTS)
    assert fetched(shop) == PRODUCTS


def test_what_was_fetched_lands_and_a_second_fetch_changes_nothing(server: Server, shop: Drop) -> None:
    fetched(shop)
    result = shop.ingest("products")
    assert (result.rows_accepted, result.rows_quarantined) == (25, 0)
    before, written = shop.snapshot(), shop.written()
    fetched(shop)
    shop.ingest("products")
    assert (shop.snapshot(), shop.written()) == (before, written)


def test_a_product_that_breaks_the_contract_is_quarantined_not_refused(server: Server, shop: Drop) -> None:
    server.behaviour = lambda handler, page, size: send(handler, [*PRODUCTS[:3], {"name": "no id"}, "rubbish"])
    assert len(fetched(shop)) == 5
    assert shop.ingest("products").rows_quarantined == 2


@pytest.mark.parametrize(
    "fail",
    [
        lambda handler: send(handler, b"oops", 500),
        lambda handler: send(handler, b"busy", 503),
        lambda handler: send(handler, b"slow down", 429),
        lambda handler: send(handler, b"<html>maintenance</html>"),
        lambda handler: time.sleep(0.5),
        reset,
        cut_short,
    ],
    ids=["500", "503", "429", "rubbish", "slow", "reset", "cut short"],
)
def test_a_server_that_fails_for_a_while_is_asked_again(fail: Any, server: Server, shop: Drop) -> None:
    server.behaviour = first_fails(2, fail, listing())
    assert fetched(shop) == PRODUCTS


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (lambda h, page, size: send(h, b"oops", 500), "answers with status 500 (5 attempts)"),
        (lambda h, page, size: send(h, b"no", 404), "answers with status 404: check the address"),
        (lambda h, page, size: send(h, b"\x00\xff<html>"), "something that is not JSON"),
        (lambda h, page, size: send(h, {"error": "no"}), "holds no list of products"),
        (lambda h, page, size: send(h, "text"), "holds no list of products"),
        (lambda h, page, size: send(h, []), "lists no product at all"),
        (lambda h, page, size: send(h, b"[" * 100_000), "not JSON"),
        (lambda h, page, size: reset(h), "cannot be reached"),
        (lambda h, page, size: time.sleep(0.4), "does not answer in time"),
        (lambda h, page, size: send(h, PRODUCTS[:size]), "the same page twice"),
        (
            lambda h, page, size: send(h, {"items": PRODUCTS[:10] if page == 1 else [], "total": 25}),
            "promises 25 products and gives 10",
        ),
        (
            lambda h, page, size: send(h, {"items": PRODUCTS[:10], "next": "http://169.254.169.254/x"}),
            "on another server",
        ),
        (lambda h, page, size: send(h, {"items": PRODUCTS[:10], "next": 7}), "no address"),
        (lambda h, page, size: send(h, {"items": PRODUCTS[:10], "next": "http://x:port"}), "no address"),
        (lambda h, page, size: send(h, b"", 302, {"Location": "https://127.0.0.1/products"}), "on another server"),
        (lambda h, page, size: send(h, b"", 307, {"Location": "http://localhost:9/products"}), "on another server"),
        (lambda h, page, size: send(h, b"", 301, {"Location": "/products"}), "redirects"),
        (lambda h, page, size: send(h, PRODUCTS[:size][:: 1 if page % 2 else -1]), "the same page twice"),
        (lambda h, page, size: send(h, PRODUCTS[:10]) if page == 1 else send(h, b"", 500), "status 500"),
    ],
    ids=range(19),
)
def test_a_bad_server_gives_one_sentence_and_no_partial_catalogue(
    behaviour: Answer, sentence: str, server: Server, shop: Drop
) -> None:
    server.behaviour = behaviour
    with pytest.raises(CatalogueError) as error:
        fetch_products(shop.settings, DAY)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert nothing_was_kept(shop)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "not an address", "ftp://example.com/x", "http://"])
def test_an_address_that_leads_nowhere_says_so(url: str, tmp_path: Path, server: Server) -> None:
    shop = Drop(tmp_path, products_url=url)
    with pytest.raises(CatalogueError):
        fetch_products(shop.settings, DAY)
    assert nothing_was_kept(shop)


def test_a_server_that_drips_is_not_waited_for_without_end(server: Server, tmp_path: Path) -> None:
    shop = Drop(tmp_path, products_url=server.url, http_timeout_seconds=0.1)

    def drip(handler: BaseHTTPRequestHandler, page: int, size: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)

    server.behaviour = drip
    started = time.monotonic()
    with pytest.raises(CatalogueError, match="does not answer in time"):
        fetch_products(shop.settings, DAY)
    assert time.monotonic() - started < 8


def test_what_an_address_keeps_secret_is_not_told(tmp_path: Path, server: Server) -> None:
    server.behaviour = lambda handler, page, size: send(handler, b"no", 404)
    shop = Drop(tmp_path, products_url=server.url.replace("://", "://feed:s3cret@") + "?api_key=k3y")
    with pytest.raises(CatalogueError) as refused:
        fetch_products(shop.settings, DAY)
    assert "answers with status 404" in str(refused.value)
    assert "s3cret" not in str(refused.value)
    assert "k3y" not in str(refused.value)
    assert (refused.value.__cause__, refused.value.__suppress_context__) == (None, True)


def test_a_redirect_is_followed_on_the_same_server_and_nowhere_else(server: Server, shop: Drop) -> None:
    def moved(to: str) -> Answer:
        def answer(handler: BaseHTTPRequestHandler, page: int, size: int) -> None:
            if handler.path.startswith("/products"):
                send(handler, b"", 302, {"Location": f"{to}/moved?page={page}&page_size={size}"})
            else:
                listing()(handler, page, size)

        return answer

    server.behaviour = moved("")
    assert fetched(shop) == PRODUCTS
    other = Server()
    try:
        server.behaviour = moved(other.url.removesuffix("/products"))
        with pytest.raises(CatalogueError, match="on another server"):
            fetch_products(shop.settings, DAY)
        assert other.asked == []
    finally:
        other.close()


def endless(handler: BaseHTTPRequestHandler, page: int, size: int) -> None:
    send(handler, [{"product_id": f"p{page}-{number}"} for number in range(size)])


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ({"products_max_pages": 7}, "does not end after 7 pages: tell its owner, or raise USER_ACTIVITY_PRODUCTS_MAX"),
        ({"products_timeout_seconds": 0.3}, "after 0.3 s: tell its owner, or raise USER_ACTIVITY_PRODUCTS_TIMEOUT"),
    ],
)
def test_a_catalogue_without_an_end_is_given_up(limit: Any, sentence: str, server: Server, tmp_path: Path) -> None:
    server.behaviour = endless
    shop = Drop(tmp_path, products_url=server.url, products_page_size=2, **limit)
    started = time.monotonic()
    with pytest.raises(CatalogueError) as error:
        fetch_products(shop.settings, DAY)
    assert sentence in str(error.value)
    assert time.monotonic() - started < 20
    assert "products_max_pages" not in limit or len(server.asked) == 7
    assert nothing_was_kept(shop)
