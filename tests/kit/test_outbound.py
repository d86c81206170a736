"""Requests to customers' URLs stay within their bounds, against real local servers."""

import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from kit.outbound import Client, OutboundFailed, OutboundRefused


class Asked(BaseHTTPRequestHandler):
    """One request to the server; `over` is set when the test is."""

    over: threading.Event
    gave_up: threading.Event


Answer = Callable[[Asked], None]


class Server:
    """A local web server that remembers what it was asked."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.over, self.gave_up = threading.Event(), threading.Event()
        asked = self.asked

        class Handler(Asked):
            over, gave_up = self.over, self.gave_up

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length)
                asked.append((self.command, self.path, headers, body))
                answer(self)

            do_POST = do_PUT = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]

    @contextmanager
    def running(self) -> Iterator["Server"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        yield self
        self.over.set()
        self._server.shutdown()
        thread.join()
        self._server.server_close()


def reply(
    status: int = 200, body: bytes = b"fine", headers: dict[str, str] | None = None
) -> Answer:
    def answer(handler: Asked) -> None:
        handler.send_response(status)
        for name, value in {
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def local(*hosts: str) -> Callable[[str, int], list[str]]:
    """A resolver that knows these hosts, all on this machine."""

    def resolve(host: str, port: int) -> list[str]:
        assert host in hosts
        return ["127.0.0.1"]

    return resolve


@pytest.fixture
def private_allowed(settings: Settings) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True


def plain(**bounds: object) -> Client:
    options: dict[str, object] = {
        "allow_http": True,
        "resolver": local("hooks.test", "other.test"),
        **bounds,
    }
    return Client(**options)  # type: ignore[arg-type]


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with its own certificate, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(tz=dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    trusting = ssl.create_default_context(
        cadata=made.public_bytes(serialization.Encoding.PEM).decode()
    )
    return server, trusting


def test_an_https_request_checks_the_certificate_of_the_name(
    tmp_path: Path, private_allowed: None
) -> None:
    server_tls, trusting = certificate(tmp_path, "hooks.test")
    client = Client(resolver=local("hooks.test", "other.test"), tls=trusting)

    with Server(reply(), tls=server_tls).running() as server:
        response = client.get(f"https://hooks.test:{server.port}/in?key=1#part")
        with pytest.raises(OutboundFailed, match=r"other\.test failed \(SSLCert"):
            client.get(f"https://other.test:{server.port}/")
        with pytest.raises(OutboundFailed, match="SSLCert"):
            Client(resolver=local("hooks.test")).get(
                f"https://hooks.test:{server.port}/"
            )

    assert response.status == 200
    assert response.body == b"fine"
    ((_method, path, headers, _body),) = server.asked
    assert path == "/in?key=1"
    assert headers["host"] == f"hooks.test:{server.port}"


@pytest.mark.parametrize("verb", ["post", "put"])
def test_a_post_and_a_put_carry_body_and_headers(
    private_allowed: None, verb: str
) -> None:
    with Server(reply(202)).running() as server:
        response = getattr(plain(), verb)(
            f"http://hooks.test:{server.port}",
            body=b'{"a":1}',
            headers={"Authorization": "Bearer x"},
        )

    assert response.status == 202
    ((method, path, headers, body),) = server.asked
    assert (method, path, body) == (verb.upper(), "/", b'{"a":1}')
    assert headers["authorization"] == "Bearer x"
    assert headers["user-agent"] == "Custos"
    assert headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0"],
)
def test_a_name_with_an_inner_address_is_refused_before_connecting(
    address: str, settings: Settings
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False
    client = Client(resolver=lambda host, port: ["93.184.215.14", address])

    with pytest.raises(OutboundRefused, match="off limits"):
        client.get("https://hooks.test/")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"]
)
def test_an_inner_address_in_any_spelling_is_refused(
    host: str, settings: Settings
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    with pytest.raises(OutboundRefused, match="off limits"):
        Client().get(f"https://{host}/")


def test_metadata_stays_closed_even_where_private_addresses_are_open(
    private_allowed: None,
) -> None:
    with pytest.raises(OutboundRefused, match="off limits"):
        plain(resolver=lambda host, port: ["169.254.169.254"]).get(
            "http://metadata.test/latest/"
        )


def test_the_connection_goes_to_the_address_that_was_checked(
    private_allowed: None,
) -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    with Server(reply()).running() as server:
        plain(resolver=lambda host, port: answers.pop(0)).get(
            f"http://hooks.test:{server.port}/"
        )

    assert len(server.asked) == 1
    assert len(answers) == 1


def test_the_next_address_is_tried_when_one_is_dead(private_allowed: None) -> None:
    with Server(reply()).running() as server:
        response = plain(resolver=lambda host, port: ["127.0.0.2", "127.0.0.1"]).get(
            f"http://hooks.test:{server.port}/"
        )

    assert response.status == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.test/",
        "ftp://hooks.test/",
        "file:///etc/passwd",
        "//hooks.test/",
        "hooks.test",
        "",
        "https://",
        "https:///path",
        "https://user@hooks.test/",
        "https://user:word@hooks.test/",
        "https://@hooks.test/",
        "https://hooks.test:0/",
        "https://hooks.test:99999/",
        "https://hooks.test:port/",
        "https://[::1/",
        "https://hooks.test\\@evil.test/",
        "https://hooks.test/a b",
        "https://hooks.test/\r\nHost: evil.test",
        "https://höoks.test/",
    ],
)
def test_a_url_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(OutboundRefused):
        Client(resolver=local()).get(url)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Key": "a\r\nX-Other: b"},
        {"X-Key\n": "a"},
        {"X Key": "a"},
        {"X-Key": "ü"},
        {"X-Key": "a\0"},
        {"Host": "evil.test"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_a_header_that_would_bend_the_request_is_refused(
    headers: dict[str, str],
) -> None:
    with pytest.raises(OutboundRefused, match="header"):
        Client(resolver=local()).get("https://hooks.test/", headers=headers)


def to(location: str, status: int = 302) -> Answer:
    return reply(status, b"", {"Location": location})


def test_a_redirect_is_not_followed_unless_allowed(private_allowed: None) -> None:
    with Server(to("http://other.test/")).running() as server:
        response = plain().get(f"http://hooks.test:{server.port}/")

    assert response.status == 302
    assert len(server.asked) == 1


def test_a_post_is_never_redirected(private_allowed: None) -> None:
    with Server(to("/elsewhere", 307)).running() as server:
        response = plain(redirects=3).post(
            f"http://hooks.test:{server.port}/", body=b"x"
        )

    assert response.status == 307
    assert len(server.asked) == 1


def test_an_allowed_redirect_leaves_the_headers_behind_at_another_origin(
    private_allowed: None,
) -> None:
    def answer(handler: Asked) -> None:
        steps = {
            "/": to("/same"),
            "/same": to(f"http://other.test:{handler.server.server_port}/new"),  # type: ignore[attr-defined]
        }
        steps.get(handler.path, reply())(handler)

    with Server(answer).running() as server:
        response = plain(redirects=2).get(
            f"http://hooks.test:{server.port}/", headers={"Authorization": "Bearer x"}
        )

    assert response.url == f"http://other.test:{server.port}/new"
    assert [path for _, path, _, _ in server.asked] == ["/", "/same", "/new"]
    assert ["authorization" in headers for _, _, headers, _ in server.asked] == [
        True,
        True,
        False,
    ]


def test_a_redirect_to_an_inner_address_is_refused(private_allowed: None) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1" if host == "hooks.test" else "169.254.169.254"]

    with (
        Server(to("http://metadata.test/latest")).running() as server,
        pytest.raises(OutboundRefused, match=r"metadata\.test"),
    ):
        plain(redirects=2, resolver=resolve).get(f"http://hooks.test:{server.port}/")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://user@other.test/", "http://[", "//@x"]
)
def test_a_redirect_to_a_refused_url_is_refused(
    private_allowed: None, location: str
) -> None:
    with (
        Server(to(location)).running() as server,
        pytest.raises(OutboundRefused),
    ):
        plain(redirects=2).get(f"http://hooks.test:{server.port}/")


def test_a_redirect_away_from_https_is_refused(
    tmp_path: Path, private_allowed: None
) -> None:
    server_tls, trusting = certificate(tmp_path, "hooks.test")

    with (
        Server(to("http://hooks.test/"), tls=server_tls).running() as server,
        pytest.raises(OutboundRefused, match="away from https"),
    ):
        plain(redirects=2, tls=trusting).get(f"https://hooks.test:{server.port}/")


def test_a_ring_of_redirects_ends(private_allowed: None) -> None:
    with (
        Server(to("/")).running() as server,
        pytest.raises(OutboundFailed, match="too often"),
    ):
        plain(redirects=3).get(f"http://hooks.test:{server.port}/")

    assert len(server.asked) == 4


@pytest.mark.parametrize("announced", [True, False])
def test_an_answer_that_is_too_large_is_dropped(
    private_allowed: None, announced: bool
) -> None:
    def answer(handler: Asked) -> None:
        handler.send_response(200)
        if announced:
            handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(b"x" * 1_000_000)

    with (
        Server(answer).running() as server,
        pytest.raises(OutboundFailed, match="too many bytes"),
    ):
        plain(largest_body=10_000).get(f"http://hooks.test:{server.port}/")


def test_a_compressed_answer_is_not_inflated(private_allowed: None) -> None:
    squeezed = reply(body=b"\x1f\x8bnot inflated", headers={"Content-Encoding": "gzip"})

    with Server(squeezed).running() as server:
        response = plain().get(f"http://hooks.test:{server.port}/")

    assert response.body == b"\x1f\x8bnot inflated"


def silence(handler: Asked) -> None:
    if not handler.over.wait(60):
        handler.gave_up.set()


def dripping_headers(handler: Asked) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
    while not handler.over.wait(0.02):
        handler.wfile.write(b"x")


def dripping_body(handler: Asked) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.over.wait(0.02):
        handler.wfile.write(b"x")


@pytest.mark.parametrize("answer", [silence, dripping_headers, dripping_body])
@pytest.mark.parametrize("encrypted", [True, False])
def test_a_slow_server_ends_with_the_total_time(
    tmp_path: Path, private_allowed: None, answer: Answer, encrypted: bool
) -> None:
    server_tls, trusting = certificate(tmp_path, "hooks.test")
    scheme = "https" if encrypted else "http"
    # No other bound may end it: without this one the server gives up first.
    client = plain(total_seconds=0.3, read_seconds=120, tls=trusting)

    with (
        Server(answer, tls=server_tls if encrypted else None).running() as server,
        pytest.raises(OutboundFailed, match="took too long"),
    ):
        client.get(f"{scheme}://hooks.test:{server.port}/")

    assert not server.gave_up.is_set()


def test_a_silent_server_ends_with_the_read_time(private_allowed: None) -> None:
    with (
        Server(silence).running() as server,
        pytest.raises(OutboundFailed, match="took too long"),
    ):
        plain(read_seconds=0.1).get(f"http://hooks.test:{server.port}/")


def test_a_server_that_is_not_there_is_named_without_path(
    private_allowed: None,
) -> None:
    with pytest.raises(OutboundFailed, match=r"hooks\.test failed") as failed:
        plain().get("http://hooks.test:9/services/secret-token?key=1")

    assert "hooks.test" in str(failed.value)
    assert "secret" not in str(failed.value)


def test_a_name_that_does_not_resolve_is_a_failure() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    for resolver in (nowhere, lambda host, port: []):
        with pytest.raises(OutboundFailed, match=r"hooks\.test failed"):
            Client(resolver=resolver).get("https://hooks.test/")


def write(handler: Asked, noise: bytes) -> None:
    handler.wfile.write(noise)


@pytest.mark.parametrize(
    "noise", [b"", b"no http\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
def test_a_server_that_speaks_nonsense_is_a_failure(
    private_allowed: None, noise: bytes
) -> None:
    with (
        Server(lambda handler: write(handler, noise)).running() as server,
        pytest.raises(OutboundFailed, match=r"hooks\.test failed"),
    ):
        plain().get(f"http://hooks.test:{server.port}/")
