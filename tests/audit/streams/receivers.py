"""An HTTPS server that receives a stream, in a thread of a test or in a process."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(kw_only=True)
class Request:
    """One request that a receiver took."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[Request], tuple[int, bytes]]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass


def listening(tls: ssl.SSLContext, port: int, answer: Answer) -> ThreadingHTTPServer:
    """A server that is not serving yet; port 0 is one that is free."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): text for name, text in self.headers.items()}
            status, text = answer(Request(path=self.path, headers=headers, body=body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_PUT = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = _Quiet(("127.0.0.1", port), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    return server


@dataclass(kw_only=True)
class Receiver:
    """One in a thread, that keeps what it confirmed; `answer` may be exchanged."""

    tls: ssl.SSLContext
    answer: Answer = field(default=lambda _asked: (200, b"{}"))
    port: int = 0
    taken: list[Request] = field(default_factory=list)
    tried: int = 0

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        server = listening(self.tls, self.port, self._answer)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def _answer(self, asked: Request) -> tuple[int, bytes]:
        self.tried += 1
        status, text = self.answer(asked)
        if status == 200:
            self.taken.append(asked)
        return status, text
