"""Texts without secrets: what a driver or a library says may hold the address that it was given, password and all.

Belongs here: what counts as a secret. Does not belong here: where such texts go.
"""

import re
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from user_activity.settings import Settings

MASK = "***"
IN_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)\S+@", re.IGNORECASE)
ASSIGNED = re.compile(r"(\b\w*(?:password|passwd|pwd)[\"']?\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s,;&)]+)", re.IGNORECASE)


def masked(text: str, settings: Settings) -> str:
    """The text without passwords in addresses, and without what the settings keep secret."""
    for secret in sorted(_secrets(settings), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return ASSIGNED.sub(rf"\1{MASK}", IN_ADDRESS.sub(rf"\1{MASK}@", text))


def _secrets(settings: Settings) -> set[str]:
    """Every secret setting; of an address the password alone, as it is written and as it is meant."""
    found = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            secret = value.get_secret_value()
            password = urlsplit(secret).password if "://" in secret else None
            meant = {password, unquote(password), quote(unquote(password), safe="")} if password else {secret}
            found |= meant - {""}
    return found
