"""The product catalogue over HTTP: all pages or nothing, saved as a file that then lands like any other."""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import stamina

from user_activity.files import aside
from user_activity.settings import Settings

ATTEMPTS = 5
ANSWER_TIMEOUTS = 6
"""The limit for a whole response, as a multiple of the timeout for each chunk."""
MOST_BYTES_A_PAGE = 64 * 1024**2
_LISTS = ("products", "items", "data", "results")
_BUSY = (408, 425, 429)
LOGIN, QUERY = re.compile(r"(://)[^\s/?]*@"), re.compile(r"\?[^\s)]+")
"""The parts of a URL that may hold credentials."""


class CatalogueError(Exception):
    """The complete catalogue could not be fetched; the message is one sentence that says why and what to do."""


class _Retryable(Exception):
    """The request failed, but a retry may succeed."""


def fetch_products(settings: Settings, landing_date: date) -> Path | None:
    """Fetch the whole catalogue into ``incoming/products/<landing date>/``; returns None if no URL is set.

    The file's name and content depend only on the landing date and the response: fetching again changes nothing.
    """
    if not settings.products_url:
        return None
    folder = settings.incoming_dir / "products" / landing_date.isoformat()
    target = folder / f"catalogue-{landing_date}.jsonl"
    try:
        with aside(folder) as temporary:
            with temporary.open("w", encoding="utf-8") as copy:
                for product in _products(settings):
                    copy.write(json.dumps(product, ensure_ascii=True, sort_keys=True) + "\n")
            os.replace(temporary, target)
    except CatalogueError as error:
        # This message is stored and mailed. The original errors may quote the URL, so they are not chained.
        raise CatalogueError(QUERY.sub("?…", LOGIN.sub(r"\1", str(error)))) from None
    return target


def _products(settings: Settings) -> Iterator[Any]:
    url, size, most = str(settings.products_url), settings.products_page_size, settings.products_max_pages
    first: dict[str, Any] = {"page": 1, "page_size": size}
    address, asked, seen, received = url, first, set[str](), 0
    with _client(settings) as client:
        for page in range(1, most + 1):
            answer = _page(client, address, asked, settings.http_timeout_seconds)
            products = _product_list(answer, address)
            received += len(products)
            fingerprint = _fingerprint(products)
            if fingerprint in seen and page == 2 and len(products) != size and not _states_total(answer):
                return  # the server does not paginate: the first response had all products
            if products and fingerprint in seen:
                raise CatalogueError(
                    f"{url} gives the same page twice (page {page}): its pagination is broken, tell its owner"
                )
            seen.add(fingerprint)
            yield from products
            following = _next_page(answer, address, url, page, len(products), size, received)
            if following is None:
                if not received:
                    raise CatalogueError(f"{url} lists no product at all: check the address")
                return
            address, asked = following
    raise CatalogueError(
        f"{url} does not end after {most} pages: tell its owner, or raise USER_ACTIVITY_PRODUCTS_MAX_PAGES or "
        "USER_ACTIVITY_PRODUCTS_PAGE_SIZE if there is more; nothing was kept"
    )


def _client(settings: Settings) -> httpx2.Client:
    """A client that only sends requests to the configured server, and stops at the overall time limit."""
    url, seconds = str(settings.products_url), settings.products_timeout_seconds
    began = time.monotonic()

    def in_time(_: Any = None) -> None:
        if time.monotonic() > began + seconds:
            raise CatalogueError(
                f"{url} is not read completely after {seconds:g} s: tell its owner, or raise "
                "USER_ACTIVITY_PRODUCTS_TIMEOUT_SECONDS if there is more; nothing was kept"
            )

    def stay(request: httpx2.Request) -> None:
        """Refuse requests to other servers; also called for each redirect."""
        if _server(request.url) != _server(httpx2.URL(url)):
            raise CatalogueError(
                f"{url} leads to a page on another server ({request.url}), which is not followed: correct "
                "USER_ACTIVITY_PRODUCTS_URL, or tell its owner"
            )

    return httpx2.Client(
        timeout=httpx2.Timeout(settings.http_timeout_seconds),
        follow_redirects=True,
        headers={"accept": "application/json"},
        event_hooks={"request": [in_time, stay]},
    )


def _server(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _fingerprint(products: list[Any]) -> str:
    """A digest of the products that does not depend on their order."""
    return hashlib.sha256("\n".join(sorted(json.dumps(each, sort_keys=True) for each in products)).encode()).hexdigest()


def _next_page(
    answer: Any, address: str, url: str, page: int, count: int, size: int, received: int
) -> tuple[str, dict[str, Any]] | None:
    """The URL and query parameters of the next page; None after the last page."""
    numbered = (url, {"page": page + 1, "page_size": size})
    if not isinstance(answer, dict):
        return numbered if count >= size else None
    if "next" in answer:
        return _next_link(answer["next"], address, url)
    if isinstance(pages := answer.get("pages", answer.get("total_pages")), int):
        return numbered if page < pages else None
    if isinstance(total := answer.get("total", answer.get("count")), int) and total >= 0:
        if received < total and not count:
            raise CatalogueError(
                f"{url} promises {total} products and gives {received}: nothing was kept, try again later"
            )
        return numbered if received < total else None
    return numbered if count >= size else None


def _states_total(answer: Any) -> bool:
    """Whether the response says how many products or pages there are."""
    return isinstance(answer, dict) and any(
        name in answer for name in ("next", "pages", "total_pages", "total", "count")
    )


def _next_link(link: Any, address: str, url: str) -> tuple[str, dict[str, Any]] | None:
    if not link:
        return None
    try:
        return str(httpx2.URL(address).join(link)), {}
    except (TypeError, httpx2.InvalidURL):
        raise CatalogueError(f"{url} names a next page that is no address: tell its owner") from None


def _page(client: httpx2.Client, address: str, asked: dict[str, Any], seconds: float) -> Any:
    try:
        for attempt in stamina.retry_context(
            on=_Retryable, attempts=ATTEMPTS, wait_initial=0.2, wait_max=5, timeout=120
        ):
            with attempt:
                return _answer(client, address, asked, seconds)
    except _Retryable as error:
        raise CatalogueError(f"{address} {error} ({ATTEMPTS} attempts): nothing was kept, try again later") from error
    raise AssertionError("a retry ends with an answer or an error")


def _answer(client: httpx2.Client, address: str, asked: dict[str, Any], seconds: float) -> Any:
    try:
        with client.stream("GET", address, params=asked or None) as response:
            _check_status(address, response.status_code)
            content = _body(response, address, time.monotonic() + ANSWER_TIMEOUTS * seconds)
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise CatalogueError(f"{address} is no web address ({error}): correct USER_ACTIVITY_PRODUCTS_URL") from error
    except httpx2.TimeoutException as error:
        raise _Retryable("does not answer in time") from error
    except httpx2.HTTPError as error:
        raise _Retryable(f"cannot be reached ({str(error) or type(error).__name__})") from error
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _Retryable("answers with something that is not JSON") from error


def _check_status(address: str, status: int) -> None:
    if status >= 500 or status in _BUSY:
        raise _Retryable(f"answers with status {status}")
    if status != httpx2.codes.OK:
        raise CatalogueError(f"{address} answers with status {status}: check the address and its permissions")


def _body(response: httpx2.Response, address: str, deadline: float) -> bytes:
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > MOST_BYTES_A_PAGE:
            raise CatalogueError(f"{address} answers with more than {MOST_BYTES_A_PAGE} bytes: ask for smaller pages")
        if time.monotonic() > deadline:
            raise _Retryable("does not answer in time")
    return bytes(content)


def _product_list(answer: Any, address: str) -> list[Any]:
    found = answer if isinstance(answer, list) else None
    if isinstance(answer, dict):
        found = next((answer[name] for name in _LISTS if isinstance(answer.get(name), list)), None)
    if found is None:
        raise CatalogueError(
            f"{address} answers with JSON that holds no list of products: it must be a list, or an object with "
            f"one under {', '.join(_LISTS)}"
        )
    return found
