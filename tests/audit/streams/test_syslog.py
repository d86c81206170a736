"""Syslog over TLS: every entry in order, delivered once the end was answered."""

import base64
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from audit.streams import rules, services
from audit.streams.destinations import syslog
from audit.streams.kinds import Format, Kind
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.streams.authorities import Authority
from tests.audit.streams.conftest import (
    log,
    make,
    make_authority,
    started,
    turn,
)
from tests.audit.streams.syslog_server import Server, everything, polite, reset

pytestmark = pytest.mark.django_db(transaction=True)
Seal = Callable[[], int]


@pytest.fixture
def server(authority: Authority, settings: Any) -> Iterator[Server]:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    with Server(tls=authority.serving()).running() as found:
        yield found


@pytest.fixture
def siem(server: Server, authority: Authority) -> dict[str, str]:
    return {
        "host": "localhost",
        "port": str(server.port),
        "ending": "answered",
        "authority": authority.pem,
    }


def expected(sealed: int) -> list[tuple[int, int]]:
    return [(1, index) for index in range(sealed)]


def test_it_gets_every_entry_in_order_with_the_checkpoint(
    halden: Tenant, server: Server, siem: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.SYSLOG, siem)
    halden.record(outcome="refused")
    sealed = seal()

    stream = turn(made.stream)

    origin = log(halden).origin
    assert server.connections == 1
    assert server.places == expected(sealed)
    *_rest, last, checkpoint = server.messages
    assert (last.severity, last.app, last.host) == (4, "custos", origin.split("/")[0])
    assert datetime.fromisoformat(last.time) == AT
    assert last.named == {
        "id": f"1/{sealed - 1}",
        "type": "custos.retention.policy.set",
        "log": origin,
        "epoch": "1",
        "index": str(sealed - 1),
    }
    assert json.loads(last.text)["actor"]["label"] == MARA.label
    assert [one.kind for one in server.messages].count("checkpoint") == 1
    note = base64.b64decode(checkpoint.named["checkpoint"]).decode()
    assert note.startswith(f"{origin}/1\n{sealed}\n")
    assert json.loads(checkpoint.text)["checkpoint"] == note
    assert (stream.cursor, stream.sent) == ((1, sealed - 1), sealed)


@pytest.mark.parametrize("form", [Format.OCSF, Format.CEF])
def test_the_message_has_the_format_of_the_stream(
    halden: Tenant, server: Server, siem: dict[str, str], seal: Seal, form: Format
) -> None:
    made = started(halden, Kind.SYSLOG, siem, form=form)
    halden.record(reason="Prüfung “Süd”\nzwei")
    seal()

    assert turn(made.stream).last_error == ""

    *_rest, last, _checkpoint = server.messages
    if form is Format.OCSF:
        assert json.loads(last.text)["class_uid"] == 3004
        assert last.text.isascii()
    else:
        assert last.text.startswith("\ufeffCEF:0|Custos|")
        assert "Prüfung “Süd”\\nzwei" in last.text


def test_what_names_an_entry_is_escaped() -> None:
    assert syslog._structured({"log": 'a"b\\c]d'}) == (
        '[custos@32473 log="a\\"b\\\\c\\]d"]'
    )


def test_nothing_is_lost_while_connections_are_refused(
    halden: Tenant, authority: Authority, seal: Seal, settings: Any
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    server = Server(tls=authority.serving())
    with server.running():
        siem = {
            "host": "localhost",
            "port": str(server.port),
            "ending": "answered",
            "authority": authority.pem,
        }
        made = started(halden, Kind.SYSLOG, siem)
        sealed = seal()
        turn(made.stream)
    halden.record()
    sealed += seal()
    refused = turn(made.stream)
    halden.record()
    sealed += seal()

    with server.running():
        stream = turn(made.stream)

    assert refused.last_error == (
        "Nothing arrived: localhost failed (ConnectionRefusedError)."
    )
    assert AT < refused.due_at <= AT + rules.FIRST_DELAY
    assert server.places == expected(sealed)
    assert (stream.failures, stream.last_error) == (0, "")


def _killed_in_mid_batch(_server: Server, sock: ssl.SSLSocket) -> None:
    sock.recv(500)
    reset(sock)


def _killed_before_it_answers(_server: Server, sock: ssl.SSLSocket) -> None:
    everything(sock)


def _talks(server: Server, sock: ssl.SSLSocket) -> None:
    server.keep(everything(sock))
    sock.send(b"thanks")


@pytest.mark.parametrize(
    ("behave", "sentence"),
    [
        (_killed_in_mid_batch, "localhost failed ("),
        (
            _killed_before_it_answers,
            "localhost did not answer the end of the connection. If its software never"
            " does, the stream can take that.",
        ),
        (_talks, "localhost failed (ConnectionAbortedError)."),
    ],
)
def test_a_receiver_that_dies_in_a_batch_gets_all_of_it_when_it_is_back(
    halden: Tenant,
    server: Server,
    siem: dict[str, str],
    seal: Seal,
    behave: Callable[[Server, ssl.SSLSocket], None],
    sentence: str,
) -> None:
    made = started(halden, Kind.SYSLOG, siem)
    for _ in range(30):
        halden.record()
    sealed = seal()
    server.behave = behave

    failed = turn(made.stream)
    server.messages.clear()
    server.behave = polite
    stream = turn(failed)

    assert failed.cursor == (1, -1)
    assert failed.last_error.startswith(f"Nothing arrived: {sentence}")
    assert server.places == expected(sealed)
    assert stream.cursor == (1, sealed - 1)


def _only_closes(server: Server, sock: ssl.SSLSocket) -> None:
    server.keep(everything(sock))


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_plain_end_counts_only_where_the_stream_takes_it(
    halden: Tenant, server: Server, siem: dict[str, str], seal: Seal, is_alive: bool
) -> None:
    server.behave = _only_closes if is_alive else _killed_in_mid_batch
    made = started(halden, Kind.SYSLOG, siem | {"ending": "plain"})
    sealed = seal()

    stream = turn(made.stream)

    assert stream.cursor == ((1, sealed - 1) if is_alive else (1, -1))
    assert server.places == (expected(sealed) if is_alive else [])


@pytest.mark.parametrize("ending", ["answered", "plain"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_alert_is_no_answer(
    halden: Tenant,
    server: Server,
    siem: dict[str, str],
    seal: Seal,
    version: ssl.TLSVersion,
    ending: str,
) -> None:
    server.tls.minimum_version = server.tls.maximum_version = version
    server.tls.verify_mode = ssl.CERT_REQUIRED  # which Custos has none for
    made = started(halden, Kind.SYSLOG, siem | {"ending": ending})
    seal()

    stream = turn(made.stream)

    assert stream.cursor == (1, -1)
    assert stream.last_error.startswith("Nothing arrived: localhost failed (")


@pytest.mark.parametrize("whose", ["the system's", "another", "none"])
def test_a_certificate_of_no_trusted_authority_is_refused(
    halden: Tenant,
    server: Server,
    siem: dict[str, str],
    seal: Seal,
    whose: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    pem = {"the system's": "", "none": "-----BEGIN CERTIFICATE-----"}
    if whose not in pem:
        pem[whose] = make_authority(tmp_path_factory.mktemp("other")).pem
    made = started(halden, Kind.SYSLOG, siem | {"authority": pem[whose]})
    seal()

    stream = turn(made.stream)

    wanted = "has a certificate that is not trusted ("
    if whose == "none":
        wanted = "The certificate authority cannot be read."
    assert wanted in stream.last_error
    assert server.messages == []


def test_a_certificate_of_another_name_is_refused(
    halden: Tenant, authority: Authority, siem: dict[str, str], seal: Seal
) -> None:
    with Server(tls=authority.serving(), host="127.0.0.2").running() as other:
        elsewhere = {"host": other.host, "port": str(other.port)}
        made = started(halden, Kind.SYSLOG, siem | elsewhere)
        seal()

        stream = turn(made.stream)

    assert "not trusted (IP address mismatch" in stream.last_error
    assert other.messages == []


def test_a_receiver_without_tls_gets_nothing(
    halden: Tenant, siem: dict[str, str], seal: Seal
) -> None:
    got = []
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def serve() -> None:
            sock, _address = plain.accept()
            with sock:
                got.append(sock.recv(65_536))
                sock.sendall(b"220 what?\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        port = str(plain.getsockname()[1])
        made = started(halden, Kind.SYSLOG, siem | {"port": port})
        seal()
        stream = turn(made.stream)
        thread.join()

    assert "localhost failed (SSLError)" in stream.last_error
    assert b"custos" not in got[0]


def test_a_receiver_that_never_answers_is_let_go(
    halden: Tenant,
    server: Server,
    siem: dict[str, str],
    seal: Seal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def waits(_server: Server, sock: ssl.SSLSocket) -> None:
        everything(sock)
        over.wait(10)

    server.behave = waits
    monkeypatch.setattr(syslog, "_SECONDS", 0.5)
    made = started(halden, Kind.SYSLOG, siem)
    seal()

    stream = turn(made.stream)
    over.set()

    assert stream.last_error == "Nothing arrived: localhost took too long."
    assert stream.cursor == (1, -1)


def test_a_private_address_is_refused_unless_the_operator_allows_it(
    halden: Tenant, server: Server, siem: dict[str, str], seal: Seal, settings: Any
) -> None:
    made = started(halden, Kind.SYSLOG, siem)
    seal()
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    assert "off limits" in turn(made.stream).last_error
    assert server.connections == 0


def test_the_port_is_6514_where_none_is_given(
    halden: Tenant, siem: dict[str, str], seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, **_: asked.append((host, port)) or []
    )
    made = started(halden, Kind.SYSLOG, siem | {"port": "", "host": "siem.example"})
    seal()

    turn(made.stream)

    assert asked == [("siem.example", 6514)]


def test_a_test_event_goes_out_even_while_it_is_paused(
    halden: Tenant, server: Server, siem: dict[str, str]
) -> None:
    made = make(halden, Kind.SYSLOG, siem)
    services.ask_test(actor=MARA, stream=made.stream, at=AT)

    stream = turn(made.stream)

    (told,) = server.messages
    assert (told.kind, told.named["type"]) == ("test", "custos.audit.stream-test")
    assert (stream.tested_at, stream.test_error) == (AT, "")
