"""Turns an ASGI scope and a body that has arrived into a WSGI environ."""

import io
import sys
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

Headers = Iterable[tuple[bytes, bytes]]

# The body has arrived, so these tell nothing that is still true of it.
_OF_THE_TRANSFER = frozenset({"content-length", "transfer-encoding", "expect"})


def environ_of(scope: Mapping[str, Any], *, body: bytes) -> dict[str, Any]:
    """What PEP 3333 asks for; nothing of the process's own environment."""
    name, port = scope.get("server") or ("", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": address_of(scope),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **_headers(scope["headers"]),
    }
    if has_body(scope["headers"]):
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def address_of(scope: Mapping[str, Any]) -> str:
    """The address at the other end of the connection."""
    return str((scope.get("client") or ("", ""))[0])


def has_body(headers: Headers) -> bool:
    """A body follows; without one there is nothing to wait for."""
    names = {name for name, _value in headers}
    return bool(names & {b"content-length", b"transfer-encoding"})


def announced(headers: Headers) -> int | None:
    """How long the body says it is."""
    found = dict(headers).get(b"content-length", b"").decode("latin-1")
    return int(found[:20]) if found.isdecimal() else None


def _headers(headers: Headers) -> dict[str, str]:
    """Headers by their WSGI names; a repeated one is a list, as HTTP says.

    A name with `_` would pass for one with `-`, which a proxy in front has set.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name or name.lower() in _OF_THE_TRANSFER:
            continue
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        joint = ";" if key == "HTTP_COOKIE" else ","
        found[key] = f"{found[key]}{joint}{value}" if key in found else value
    return found
