"""A timestamp authority that tests start: `openssl ts -reply` behind HTTP."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

_CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
_EXTENSIONS = """\
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
basicConstraints = CA:FALSE
"""
_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
_MAKE = (
    f"req -x509 {_KEY} -keyout ca.key -out ca.pem -subj /CN=Root -days 9 -addext"
    " basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
    f"req {_KEY} -keyout tsa.key -out tsa.csr -subj /CN=TSA",
    "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem"
    " -days 5 -extfile extensions",
)


def openssl(arguments: str, *, folder: Path) -> None:
    """One openssl command in a folder."""
    subprocess.run(
        ["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True
    )


@dataclass(kw_only=True)
class Authority:
    """Answers queries in its folder; outlives the server around it."""

    folder: Path
    lie: Callable[[bytes], bytes] = field(default=lambda query: query)
    answer: Callable[[bytes], tuple[int, bytes]] = field(
        default=lambda reply: (200, reply)
    )
    asked: list[bytes] = field(default_factory=list)
    port: int = 0

    @classmethod
    def made(cls, folder: Path) -> "Authority":
        folder.mkdir(parents=True)
        (folder / "tsa.cnf").write_text(_CONFIG)
        (folder / "extensions").write_text(_EXTENSIONS)
        (folder / "serial").write_text("01\n")
        for arguments in _MAKE:
            openssl(arguments, folder=folder)
        return cls(folder=folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsr"

    @property
    def roots(self) -> Path:
        return self.folder / "ca.pem"

    def reply(self, query: bytes) -> bytes:
        """The answer of openssl to a query, after the lie."""
        (self.folder / "query").write_bytes(self.lie(query))
        openssl(
            "ts -reply -config tsa.cnf -queryfile query -out reply", folder=self.folder
        )
        return (self.folder / "reply").read_bytes()

    @contextmanager
    def running(self) -> Iterator["Authority"]:
        """A server around it; it comes back on the port that it had."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                authority.asked.append(query)
                status, body = authority.answer(authority.reply(query))
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an authority, made once."""
    return Authority.made(tmp_path_factory.mktemp("tsa") / "here").folder


@pytest.fixture
def authority(made: Path, settings: Any) -> Authority:
    """An authority that the operator set, and that is not running."""
    found = Authority(folder=made)
    with found.running():
        pass
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    settings.CUSTOS_TIMESTAMP_URL = found.url
    settings.CUSTOS_TIMESTAMP_CA_FILE = str(found.roots)
    return found


def now() -> datetime:
    """The machine's own time, which openssl stamps with."""
    return datetime.now(tz=UTC)
