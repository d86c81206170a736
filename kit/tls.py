"""Opens TLS connections to hosts that customers typed, and ends them provably.

Names are resolved and checked as `kit.outbound` does it, and the connection goes to an
address that was checked; the certificate must be that of the name. One end in time
holds for all that is done with a connection after the name is resolved.

TLS runs over buffers of ours instead of around the socket: the shutdown of OpenSSL
takes an alert, with which the other side refuses, for an answer to our end.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from kit.outbound import (
    OutboundFailed,
    Resolver,
    allowed_addresses,
    system_resolver,
    system_tls,
)

_PIECE_BYTES = 65_536
T = TypeVar("T")


class NotAnswered(OutboundFailed):
    """The other side is gone, without an answer to the end that we announced."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """An open connection; OSError (ssl.SSLError is one) where it breaks."""

    sock: socket.socket
    tls: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    deadline: float = field(repr=False)

    def handshake(self) -> None:
        """Agrees on keys, and checks the certificate."""
        self._until_done(self.tls.do_handshake)

    def send(self, data: bytes) -> None:
        """Hands bytes to the other side's machine: that it read them is not said."""
        for start in range(0, len(data), _PIECE_BYTES):
            self.tls.write(data[start : start + _PIECE_BYTES])
            self._flush()

    def end(self, *, must_answer: bool = True) -> None:
        """Says that nothing follows, and returns once the other side says so as well.

        It answers after it has read all that came before. Without `must_answer` it may
        also just close its side, which somebody on the way can do in its name; a reset
        or an alert is an OSError in any case. NotAnswered where an answer lacks.
        """
        self._demand_silence()
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            self._flush()
        try:
            self._until_done(lambda: self.tls.read(1))
        except ssl.SSLZeroReturnError:
            return
        except ssl.SSLEOFError:
            if must_answer:
                raise NotAnswered from None
            return
        raise _unasked()

    def _demand_silence(self) -> None:
        """Takes what came with the handshake: OpenSSL must find nothing at the end."""
        try:
            self.tls.read(1)
        except ssl.SSLWantReadError:
            return
        raise _unasked()

    def _until_done(self, step: Callable[[], T]) -> T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                self._take()
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        self.sock.settimeout(_seconds_until(self.deadline))
        self.sock.sendall(self.outgoing.read())

    def _take(self) -> None:
        self.sock.settimeout(_seconds_until(self.deadline))
        data = self.sock.recv(_PIECE_BYTES)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()


@contextmanager
def connected(
    *,
    host: str,
    port: int,
    seconds: float,
    tls: ssl.SSLContext | None = None,
    resolver: Resolver = system_resolver,
) -> Iterator[Connection]:
    """A connection to `host` that lasts for the block, and `seconds` at most.

    OutboundRefused where it must not be reached; OutboundFailed, which names the host,
    for all that breaks inside the block. Without `tls`, the system's authorities.
    """
    try:
        addresses = allowed_addresses(host, port, resolver=resolver)
        deadline = time.monotonic() + seconds
        with _socket(addresses, port, deadline) as sock:
            opened = _opened(sock, host, tls or system_tls(), deadline)
            opened.handshake()
            yield opened
    except NotAnswered:
        raise NotAnswered(f"{host} did not answer the end of the connection.") from None
    except (OSError, UnicodeError) as error:
        raise _failure(host, error) from None


def _opened(
    sock: socket.socket, host: str, context: ssl.SSLContext, deadline: float
) -> Connection:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    return Connection(
        sock=sock,
        tls=context.wrap_bio(incoming, outgoing, server_hostname=host),
        incoming=incoming,
        outgoing=outgoing,
        deadline=deadline,
    )


def _socket(addresses: list[str], port: int, deadline: float) -> socket.socket:
    failure = OSError("no address")
    for address in addresses:
        try:
            left = _seconds_until(deadline)
            return socket.create_connection((address, port), timeout=left)
        except OSError as error:
            failure = error
    raise failure


def _seconds_until(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _unasked() -> OSError:
    return ConnectionAbortedError("data where none was asked for")


def _failure(host: str, error: Exception) -> OutboundFailed:
    if isinstance(error, TimeoutError):
        return OutboundFailed(f"{host} took too long.")
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message.rstrip(".")
        return OutboundFailed(f"{host} has a certificate that is not trusted ({why}).")
    return OutboundFailed(f"{host} failed ({type(error).__name__}).")
