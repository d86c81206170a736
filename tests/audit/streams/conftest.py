"""A receiver that tests start, and a stream that leads to it."""

import base64
import datetime as dt
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audit.log.selectors import Log, log_of
from audit.streams import selectors, services
from audit.streams.kinds import Format, Kind
from audit.streams.models import AuditStream
from audit.streams.services import Asked, Start
from audit.streams.services.changing import Created
from kit import scoping
from tests.audit.conftest import AT, MARA, Tenant


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A certificate for this machine that is its own authority."""

    certificate: Path
    key: Path

    @property
    def pem(self) -> str:
        return self.certificate.read_text()

    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"))


def make_authority(folder: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(tz=dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Authority(certificate=folder / "cert.pem", key=folder / "key.pem")
    files.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


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


@dataclass(kw_only=True)
class Receiver:
    """An HTTPS server that keeps what it confirmed; `answer` may be exchanged."""

    tls: ssl.SSLContext
    answer: Answer = field(default=lambda _asked: (200, b"{}"))
    port: int = 0
    taken: list[Request] = field(default_factory=list)
    tried: int = 0

    @contextmanager
    def running(self) -> Iterator["Receiver"]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): text for name, text in self.headers.items()}
                asked = Request(path=self.path, headers=headers, body=body)
                receiver.tried += 1
                status, text = receiver.answer(asked)
                if status == 200:
                    receiver.taken.append(asked)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_PUT = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        server = Quiet(("127.0.0.1", self.port), Handler)
        server.socket = self.tls.wrap_socket(server.socket, server_side=True)
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


@pytest.fixture
def receiver(authority: Authority, settings: Any) -> Iterator[Receiver]:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    with Receiver(tls=authority.serving()).running() as found:
        yield found


def log(tenant: Tenant) -> Log:
    with scoping.organization(organization_id=tenant.id):
        return log_of(organization_id=tenant.id)


def make(
    tenant: Tenant,
    kind: Kind,
    settings: dict[str, str],
    *,
    start_at: Start = Start.BEGINNING,
    query: str = "",
    form: Format = Format.NATIVE,
    **more: Any,
) -> Created:
    return services.create(
        actor=MARA,
        log=log(tenant),
        workspace=more.get("workspace"),
        kind=kind,
        asked=Asked(name="SIEM", format=form, query=query, settings=settings),
        start_at=start_at,
        at=AT,
    )


def started(
    tenant: Tenant, kind: Kind, settings: dict[str, str], **more: Any
) -> Created:
    made = make(tenant, kind, settings, **more)
    services.start(actor=MARA, stream=made.stream, at=AT)
    return made


def fresh(stream: AuditStream) -> AuditStream:
    with scoping.organization(organization_id=stream.organization_id):
        return AuditStream.objects.get(pk=stream.pk)


def turn(stream: AuditStream, at: dt.datetime = AT) -> AuditStream:
    """One turn of a worker, whether it is due or not."""
    due = selectors.Due(id=stream.pk, organization_id=stream.organization_id)
    services.deliver_one(due=due, clock=lambda: at)
    return fresh(stream)


def is_signed(asked: Request, secret: str) -> bool:
    """Checks as the specification of Standard Webhooks says, ."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}."
    made = hmac.new(key, head.encode() + asked.body, "sha256").digest()
    return asked.headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()
