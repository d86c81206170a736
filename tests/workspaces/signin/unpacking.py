"""Packs and unpacks what travels: request, form and audit leaf."""

import base64
import json
import zlib
from typing import Any
from urllib.parse import urlencode


def inflated(packed: str) -> bytes:
    """The document of a Redirect-binding parameter."""
    return zlib.decompress(base64.b64decode(packed), wbits=-15)


def form(text: str, *, relay_state: str = "https://evil.example/") -> str:
    """A form body with one answer."""
    return urlencode({"SAMLResponse": text, "RelayState": relay_state})


def leaf(data: bytes) -> dict[str, Any]:
    """The fields of an entry."""
    found: dict[str, Any] = json.loads(bytes(data))
    return found
