"""A C2SP witness that tests start, written from the specification alone."""

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from django.conf import settings

from audit.log.models import SITE
from audit.witnesses import services
from audit.witnesses.models import AuditWitness
from kit import clock, scoping, signing
from tests.audit.anchors.attesting import site
from tests.audit.conftest import AT

Reply = tuple[int, str, str]
"""Status, content type, body."""


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def replayed(
    old: int, new: int, proof: list[bytes], root: bytes, *, whole: bool = True
) -> tuple[bytes, bytes]:
    """Both roots that a proof leads to, by the recursion of RFC 6962, 2.1.2."""
    if old == new:
        return (root, root) if whole else (proof[-1], proof[-1])
    *inner, last = proof
    split = 1 << ((new - 1).bit_length() - 1)
    if old <= split:
        earlier, later = replayed(old, split, inner, root, whole=whole)
        return earlier, _node(later, last)
    earlier, later = replayed(old - split, new - split, inner, root, whole=False)
    return _node(last, earlier), _node(last, later)


@dataclass(kw_only=True)
class Witness:
    """Keeps the last head of each log it knows; outlives the server around it."""

    name: str = "witness.example/w1"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    logs: dict[str, bytes] = field(default_factory=dict)
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    lie: Callable[[Reply], Reply] = field(default=lambda reply: reply)
    now: datetime = AT
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + b"\x04" + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        typed = base64.b64encode(b"\x04" + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{typed}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add_checkpoint(self, body: str) -> Reply:
        """The answer to one request, and what is remembered of it."""
        self.asked.append(body)
        asked, text, signatures = body.split("\n\n", 2)
        first, *proof_lines = asked.split("\n")
        old = int(first.removeprefix("old "))
        proof = [base64.b64decode(line, validate=True) for line in proof_lines]
        origin, decimal, encoded, *_more = text.split("\n")
        size, root = int(decimal), base64.b64decode(encoded, validate=True)
        if origin not in self.logs:
            return 404, "text/plain", "unknown log\n"
        if not self._is_signed(f"{text}\n", signatures, origin=origin):
            return 403, "text/plain", "unknown key\n"
        if old > size:
            return 400, "text/plain", "old is beyond the checkpoint\n"
        known, known_root = self.seen.get(origin, (0, b""))
        if old != known:
            return 409, "text/x.tlog.size", f"{known}\n"
        if old == size and root != known_root:
            return 409, "text/plain", "another root\n"
        try:
            is_held = not old or replayed(old, size, proof, known_root) == (
                known_root,
                root,
            )
        except (IndexError, ValueError):
            is_held = False
        if not is_held or (not old and proof):
            return 422, "text/plain", "no proof\n"
        self.seen[origin] = (size, root)
        return 200, "text/plain", self.cosigned(f"{text}\n", at=self.now)

    def cosigned(self, text: str, *, at: datetime) -> str:
        """The signature line of this witness over a checkpoint's text."""
        seconds = int(at.timestamp())
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        signed = self.key_id + seconds.to_bytes(8) + self.key.sign(message)
        return f"\u2014 {self.name} {base64.b64encode(signed).decode()}\n"

    def _is_signed(self, text: str, signatures: str, *, origin: str) -> bool:
        for line in signatures.rstrip("\n").split("\n"):
            _dash, name, encoded = line.split(" ")
            public = self.logs[origin]
            if name != origin:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(
                    base64.b64decode(encoded)[4:], text.encode()
                )
            except InvalidSignature:
                continue
            return True
        return False

    @contextmanager
    def running(self) -> Iterator["Witness"]:
        """A server around it; it comes back on the port that it had."""
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length).decode()
                assert self.path == "/add-checkpoint"
                reply = witness.lie(witness.add_checkpoint(body))
                status, kind, text = reply
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

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


@pytest.fixture
def stopped(settings: Any) -> Witness:
    """A witness that the operator set, and that is not running."""
    witness = Witness()
    with witness.running():
        pass
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    settings.CUSTOS_WITNESS_URL = witness.url
    settings.CUSTOS_WITNESS_VKEY = witness.vkey
    return witness


@pytest.fixture
def witness(stopped: Witness) -> Iterator[Witness]:
    with stopped.running():
        yield stopped


def introduce(witness: Witness, epoch: int = 1) -> None:
    """The operator of the witness adds the site's log and its key."""
    key = signing.load(Path(settings.CUSTOS_LOG_KEY_FILE))
    witness.logs[site().named(epoch)] = key.public


def ask(at: datetime = AT) -> int:
    """One beat."""
    with clock.fixed_at(at):
        asked = services.ask_due(clock=clock.now)
        services.cover()
    return asked


def row(epoch: int = 1) -> AuditWitness:
    with scoping.organization(organization_id=SITE):
        return AuditWitness.objects.get(epoch=epoch)
