"""Sends requests to the site as a server does, also those that no client library makes.

Django's test client starts behind the front: it never meets what refuses a request
before Django.
"""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from django.core import signals
from django.db import close_old_connections

from config.wsgi import application

CSRF = "a" * 32


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str


def get(
    url: str, *, session: str = "", headers: dict[str, str] | None = None
) -> Answer:
    """A GET of a raw address: nothing in it is quoted anew."""
    return _send("GET", url, b"", {"Cookie": f"sessionid={session}", **(headers or {})})


def post(
    url: str, body: bytes, *, session: str = "", headers: dict[str, str] | None = None
) -> Answer:
    """A form of this site, with its token."""
    sent = {
        "Cookie": f"sessionid={session}; csrftoken={CSRF}",
        "X-CSRFToken": CSRF,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return _send("POST", url, body, {**sent, **(headers or {})})


def _send(method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
    path, _mark, query = url.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    with _keeping_connections():
        parts = application(environ, lambda *start: begun.append(start[:2]))
        text = b"".join(parts).decode("utf-8", "replace")
        if hasattr(parts, "close"):
            parts.close()
    status, sent = begun[-1]
    return Answer(status=int(status.split()[0]), headers=dict(sent), text=text)


@contextlib.contextmanager
def _keeping_connections() -> Iterator[None]:
    """A request ends the connections that it used; the test's must stay."""
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in ends:
            signal.connect(close_old_connections)
