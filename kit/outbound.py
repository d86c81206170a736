"""Sends requests to addresses that customers typed, and never to our own network.

What holds for every request and every hop of it:

- https, unless the client was made with `allow_http`; no user names in URLs;
- the name is resolved once, all of its addresses must be allowed (`kit.addresses`),
  and the connection goes to an address that was checked, since a second look-up could
  answer differently; certificate and Host header are those of the name;
- no redirect unless allowed, then only for GET, with every check again, never from
  https to http, and without the caller's headers when the origin changes;
- no proxy from the environment, no cookies, no automatic retry, no decompression;
- connect and read timeouts, an end for the whole request after the name is resolved
  (a server that drips bytes meets it too), and a largest response.

CUSTOS_OUTBOUND_ALLOW_PRIVATE lets operators reach private and loopback addresses.
Messages of errors name the host only: paths and queries carry secrets.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http.client import HTTPException
from ipaddress import ip_address
from threading import Timer
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit, urlunsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from kit.addresses import may_reach

Resolver = Callable[[str, int], list[str]]

_PORTS = {"https": 443, "http": 80}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE_BYTES = 65_536
_MOST_ADDRESSES = 4
_NOT_IN_URLS = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?|")
_OUR_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class OutboundRefused(Exception):
    """The request was not made, or not followed further, because it must not be."""


class OutboundFailed(Exception):
    """The other side did not answer properly, in time, or within bounds."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of `host`, in this machine's order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def allowed_addresses(host: str, port: int, *, resolver: Resolver) -> list[str]:
    """The addresses of `host`, all of them allowed; OutboundRefused otherwise."""
    found = resolver(host, port)
    private = settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE
    for address in found:
        if not may_reach(ip_address(address), allow_private=private):
            raise OutboundRefused(f"{host} has an address that is off limits.")
    return found[:_MOST_ADDRESSES]


@lru_cache(maxsize=1)
def system_tls() -> ssl.SSLContext:
    """Trusts the authorities that this machine trusts."""
    return ssl.create_default_context()


@dataclass(frozen=True, kw_only=True)
class Client:
    """The bounds of one kind of outbound request; cheap to make, safe to share."""

    allow_http: bool = False
    redirects: int = 0
    connect_seconds: float = 5
    read_seconds: float = 10
    total_seconds: float = 30
    largest_body: int = 1_048_576
    resolver: Resolver = system_resolver
    tls: ssl.SSLContext | None = None  # without one, the system's authorities

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch a URL, following as many redirects as the client allows."""
        hop = self._first("GET", url, headers, body=None)
        for _followed in range(self.redirects + 1):
            response = hop.send()
            location = response.headers.get("location")
            if not self.redirects or response.status not in _REDIRECTS or not location:
                return response
            hop = hop.redirected(location)
        raise OutboundFailed(f"{hop.host} redirects too often.")

    def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Post a body; a redirect is an answer like any other."""
        return self._first("POST", url, headers, body=body).send()

    def put(
        self, url: str, *, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Put a body; a redirect is an answer like any other."""
        return self._first("PUT", url, headers, body=body).send()

    def delete(
        self, url: str, *, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Ask to delete; a redirect is an answer like any other."""
        return self._first("DELETE", url, headers, body=body).send()

    def _first(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        *,
        body: bytes | None,
    ) -> "_Hop":
        return _Hop(
            client=self,
            method=method,
            url=url,
            headers=headers or {},
            body=body,
            deadline=time.monotonic() + self.total_seconds,
        )


@dataclass(frozen=True, kw_only=True)
class _Hop:
    """One request to one origin; it cannot exist unchecked."""

    client: Client
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    deadline: float

    def __post_init__(self) -> None:
        _check_url(self.url, allow_http=self.client.allow_http)
        _check_headers(self.headers)

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        return str(self.parts.hostname)

    @property
    def port(self) -> int:
        return self.parts.port or _PORTS[self.parts.scheme]

    def redirected(self, location: str) -> "_Hop":
        """The next hop; nothing of the caller's goes to another origin."""
        try:
            url = urldefrag(urljoin(self.url, location)).url
        except ValueError:
            raise OutboundRefused(f"{self.host} redirects to no URL.") from None
        hop = replace(self, url=url, headers={})
        if self.parts.scheme == "https" and hop.parts.scheme != "https":
            raise OutboundRefused(f"{self.host} redirects away from https.")
        return replace(hop, headers=self.headers) if self._same_origin(hop) else hop

    def send(self) -> Response:
        """Resolve, check, connect to what was checked, and read the whole answer."""
        try:
            with (
                closing(self._connected(self._addresses())) as connection,
                _ended_at(self.deadline, connection.sock),
            ):
                response = self._answer(connection)
        except (HTTPError, HTTPException, OSError, UnicodeError) as error:
            raise self._failure(error) from None
        if self._seconds_left() <= 0:
            # The end of the body may be our own doing.
            raise self._failure(TimeoutError())
        return response

    def _addresses(self) -> list[str]:
        return allowed_addresses(self.host, self.port, resolver=self.client.resolver)

    def _connected(self, addresses: list[str]) -> HTTPConnection:
        failure: Exception = OSError("no address")
        for address in addresses:
            connection = self._connection(address)
            try:
                connection.connect()
            except (HTTPError, OSError) as error:
                connection.close()
                failure = error
            else:
                return connection
        raise failure

    def _connection(self, address: str) -> HTTPConnection:
        timeout = max(0.001, min(self.client.connect_seconds, self._seconds_left()))
        if self.parts.scheme == "http":
            return HTTPConnection(address, self.port, timeout=timeout)
        return HTTPSConnection(
            address,
            self.port,
            timeout=timeout,
            server_hostname=self.host,
            ssl_context=self.client.tls or system_tls(),
        )

    def _answer(self, connection: HTTPConnection) -> Response:
        connection.timeout = self.client.read_seconds
        connection.request(
            self.method,
            urlunsplit(("", "", self.parts.path or "/", self.parts.query, "")),
            body=self.body,
            headers={"User-Agent": "Custos", **self.headers, "Host": self.parts.netloc},
            preload_content=False,
            decode_content=False,
        )
        answer = connection.getresponse()
        body = bytearray()
        for piece in answer.stream(_PIECE_BYTES, decode_content=False):
            body += piece
            if len(body) > self.client.largest_body:
                raise OutboundFailed(f"{self.host} answered with too many bytes.")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(
            status=answer.status, headers=headers, body=bytes(body), url=self.url
        )

    def _same_origin(self, other: "_Hop") -> bool:
        mine = (self.parts.scheme, self.host, self.port)
        return mine == (other.parts.scheme, other.host, other.port)

    def _seconds_left(self) -> float:
        return self.deadline - time.monotonic()

    def _failure(self, error: Exception) -> OutboundFailed:
        # urllib3 counts a connection that could not be made among its timeouts.
        late = isinstance(error, TimeoutError | Urllib3Timeout)
        late = late and not isinstance(error, NewConnectionError)
        what = "took too long" if late or self._seconds_left() <= 0 else "failed"
        return OutboundFailed(f"{self.host} {what} ({type(error).__name__}).")


@contextmanager
def _ended_at(deadline: float, sock: socket.socket) -> Iterator[None]:
    """Close the connection under whoever still reads from it at `deadline`."""
    timer = Timer(max(0, deadline - time.monotonic()), _shut, [sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        # The plain method: that of a TLS socket would pull the session from under
        # the thread that reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _check_url(url: str, *, allow_http: bool) -> None:
    if _NOT_IN_URLS.search(url):
        raise OutboundRefused("The URL has characters that URLs do not have.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise OutboundRefused("The URL is malformed.") from None
    if parts.scheme not in (("https", "http") if allow_http else ("https",)):
        raise OutboundRefused("The URL must begin with https://.")
    if not parts.hostname or "@" in parts.netloc or port == 0:
        raise OutboundRefused("The URL must name a host, and no user.")


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise OutboundRefused("A header has characters that headers do not have.")
        if name.lower() in _OUR_HEADERS:
            raise OutboundRefused(f"The header {name} cannot be set.")
