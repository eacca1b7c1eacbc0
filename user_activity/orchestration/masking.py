"""Texts without secrets: what a driver or a library says may hold the address that it was given, password and all."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from user_activity.settings import Settings

MASK = "***"
SHORTEST = 3  # what is shorter is found in every text
NAMES = r"[\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|credential)[\w-]*"
IN_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)\S+@", re.IGNORECASE)
IN_QUERY = re.compile(r"([?&](?:key|sig|signature|code|auth)=)[^\s&\"']+", re.IGNORECASE)
ASSIGNED = re.compile(rf"(\b{NAMES}[\"']?\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s,;&)]+)", re.IGNORECASE)
PRESENTED = re.compile(r"(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE)


def masked(text: str, settings: Settings) -> str:
    """The text without what the settings keep secret, and without what looks like a secret."""
    for secret in sorted(_secrets(settings), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = IN_ADDRESS.sub(rf"\1{MASK}@", text)
    for pattern in (IN_QUERY, ASSIGNED, PRESENTED):
        text = pattern.sub(rf"\1{MASK}", text)
    return text


def masked_record(record: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The record with every text in it masked."""
    return {name: masked(value, settings) if isinstance(value, str) else value for name, value in record.items()}


def _secrets(settings: Settings) -> set[str]:
    """Every secret of the settings, as it is written and as it is meant."""
    found = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            for part in _parts(value.get_secret_value()):
                found |= {part, unquote(part), quote(unquote(part), safe="")}
    return {secret for secret in found if len(secret) >= SHORTEST}


def _parts(secret: str) -> Iterator[str]:
    """What of a setting is secret: of a server's address the password alone, of a web address all but the server."""
    address = urlsplit(secret) if "://" in secret else None
    if address is None:
        yield secret
    else:
        yield address.password or ""
        if address.scheme in ("http", "https"):
            yield from (address.path.strip("/"), address.query)
