"""Masking of secrets in texts: error messages of drivers and libraries may contain an address with its password."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from user_activity.settings import Settings

MASK = "***"
SHORTEST = 3  # shorter secrets are not masked, as any text contains them
NAMES = r"[\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|credential)[\w-]*"
IN_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)\S+@", re.IGNORECASE)
IN_QUERY = re.compile(r"([?&](?:key|sig|signature|code|auth)=)[^\s&\"']+", re.IGNORECASE)
ASSIGNED = re.compile(rf"(\b{NAMES}[\"']?\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s,;&)]+)", re.IGNORECASE)
PRESENTED = re.compile(r"(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE)


def masked(text: str, settings: Settings) -> str:
    """Return the text with secrets masked: those of the settings, and whatever looks like one."""
    for secret in sorted(_secrets(settings), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = IN_ADDRESS.sub(rf"\1{MASK}@", text)
    for pattern in (IN_QUERY, ASSIGNED, PRESENTED):
        text = pattern.sub(rf"\1{MASK}", text)
    return text


def masked_record(record: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Return the record with all its texts masked."""
    return {name: masked(value, settings) if isinstance(value, str) else value for name, value in record.items()}


def _secrets(settings: Settings) -> set[str]:
    """Return every secret of the settings: as written, percent-decoded and percent-encoded."""
    found = set()
    values = [getattr(settings, name) for name in type(settings).model_fields]
    for value in [*values, *(database.url for database in settings.databases.values())]:
        if isinstance(value, SecretStr):
            for part in _parts(value.get_secret_value()):
                found |= {part, unquote(part), quote(unquote(part), safe="")}
    return {secret for secret in found if len(secret) >= SHORTEST}


def _parts(secret: str) -> Iterator[str]:
    """Yield the secret parts of a setting: a server address's password; a web address's path and query as well."""
    address = urlsplit(secret) if "://" in secret else None
    if address is None:
        yield secret
    else:
        yield address.password or ""
        if address.scheme in ("http", "https"):
            yield from (address.path.strip("/"), address.query)
