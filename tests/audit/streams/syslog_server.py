"""A syslog server over TLS that tests start, and that can behave badly."""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_LINE = re.compile(
    r"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+)"
    r' \[custos@32473((?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")+)\] (.*)',
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message, read as RFC 5424 says."""

    severity: int
    time: str
    host: str
    app: str
    kind: str
    named: dict[str, str]
    text: str


def read(line: str) -> Message:
    """The parts of a line; an AssertionError where it has others."""
    found = _LINE.fullmatch(line)
    assert found, line
    assert int(found[1]) // 8 == 13
    assert found[5] == "-"
    pairs = re.findall(r' ([a-z]+)="((?:[^"\\]|\\.)*)"', found[7])
    return Message(
        severity=int(found[1]) % 8,
        time=found[2],
        host=found[3],
        app=found[4],
        kind=found[6],
        named={name: re.sub(r"\\(.)", r"\1", value) for name, value in pairs},
        text=found[8],
    )


def frames(data: bytes) -> list[str]:
    """The lines of frames with counted octets, all of them whole."""
    found = []
    while data:
        count, _space, rest = data.partition(b" ")
        assert len(rest) >= int(count)
        found.append(rest[: int(count)].decode())
        data = rest[int(count) :]
    return found


Behaviour = Callable[["Server", ssl.SSLSocket], None]


def polite(server: "Server", sock: ssl.SSLSocket) -> None:
    """Reads to the end, keeps what came, and only then answers the end."""
    server.keep(everything(sock))
    sock.unwrap()


def everything(sock: ssl.SSLSocket) -> bytes:
    data = b""
    while piece := sock.recv(65_536):
        data += piece
    return data


def reset(sock: socket.socket) -> None:
    """Ends as the machine of a program ends that was killed with data unread."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass(kw_only=True)
class Server:
    """Takes one connection after the other; `behave` may be exchanged."""

    tls: ssl.SSLContext
    behave: Behaviour = polite
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    messages: list[Message] = field(default_factory=list)

    def keep(self, data: bytes) -> None:
        self.messages += [read(line) for line in frames(data)]

    @property
    def places(self) -> list[tuple[int, int]]:
        """The entries that were kept, in the order in which they came."""
        found = [one.named for one in self.messages if one.kind == "entry"]
        return [(int(one["epoch"]), int(one["index"])) for one in found]

    @contextmanager
    def running(self) -> Iterator["Server"]:
        with socket.create_server((self.host, self.port)) as listening:
            self.port = listening.getsockname()[1]
            thread = threading.Thread(target=self._serve, args=(listening,))
            thread.start()
            try:
                yield self
            finally:
                listening.shutdown(socket.SHUT_RDWR)
                thread.join()

    def _serve(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                raw, _address = listening.accept()
                self.connections += 1
                raw.settimeout(10)
                with raw, suppress(OSError):
                    self._meet(raw)

    def _meet(self, raw: socket.socket) -> None:
        wrapped = self.tls.wrap_socket(raw, server_side=True)
        with wrapped:
            self.behave(self, wrapped)
