"""The real server stays there while many leave their requests unfinished."""

import contextlib
import http.client
import socket
import time
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.slow

_STALLED = 50
_PROMPT_SECONDS = 5
_LET_GO_SECONDS = 40
_UNFINISHED = (
    b"POST /accounts/saml/halden-instruments/acs/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n"
    b"SAMLResponse=a"
)


def test_unfinished_posts_hold_up_nobody_and_are_let_go(portal: str) -> None:
    address = urlsplit(portal)
    assert address.hostname
    assert address.port
    with contextlib.ExitStack() as stack:
        stalled = [
            stack.enter_context(
                socket.create_connection((address.hostname, address.port), timeout=5)
            )
            for _ in range(_STALLED)
        ]
        for connection in stalled:
            connection.sendall(_UNFINISHED)

        took = [_seconds(address.netloc, path) for path in ("/healthz", "/")]

        assert max(took) < _PROMPT_SECONDS
        until = time.monotonic() + _LET_GO_SECONDS
        for connection in stalled:
            connection.settimeout(max(0.1, until - time.monotonic()))
            said = _all_of(connection)
            assert said.startswith(b"HTTP/1.1 408 ")
            assert b"did not arrive in time" in said


def _seconds(netloc: str, path: str) -> float:
    begun = time.monotonic()
    connection = http.client.HTTPConnection(netloc, timeout=_PROMPT_SECONDS)
    connection.request("GET", path)
    assert connection.getresponse().status == http.HTTPStatus.OK
    connection.close()
    return time.monotonic() - begun


def _all_of(connection: socket.socket) -> bytes:
    """Everything until the server has closed the connection."""
    said = b""
    while part := connection.recv(65536):
        said += part
    return said
