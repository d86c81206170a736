"""Splunk gets every entry in order under its token, and confirms with code 0 only."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from audit.streams import rules, services
from audit.streams.kinds import Format, Kind
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.streams.conftest import (
    Authority,
    Receiver,
    Request,
    log,
    make,
    started,
    turn,
)

pytestmark = pytest.mark.django_db(transaction=True)
Seal = Callable[[], int]
TOKEN = "b7d0c1de-4f1c-4d5e-9a62-000000000000"
KEYS = {"time", "host", "source", "sourcetype", "event"}


def events(asked: Request) -> list[dict[str, Any]]:
    """The objects of a body, read as Splunk does: one after the other."""
    found, text = [], asked.body.decode()
    while text := text.lstrip():
        one, end = json.JSONDecoder().raw_decode(text)
        found.append(one)
        text = text[end:]
    return found


def collector(asked: Request) -> tuple[int, bytes]:
    """Answers as the HTTP Event Collector does."""
    if asked.path != "/services/collector/event":
        return 404, b'{"text":"The requested URL was not found.","code":404}'
    if asked.headers.get("authorization") != f"Splunk {TOKEN}":
        return 403, b'{"text":"Invalid token","code":4}'
    if not asked.body:
        return 400, b'{"text":"No data","code":5}'
    if any(set(one) != KEYS or not one["event"] for one in events(asked)):
        return 400, b'{"text":"Invalid data format","code":6}'
    return 200, b'{"text":"Success","code":0}'


@pytest.fixture
def hec(receiver: Receiver, authority: Authority) -> dict[str, str]:
    receiver.answer = collector
    return {"url": receiver.url, "token": TOKEN, "authority": authority.pem}


def places(receiver: Receiver) -> list[tuple[int, int]]:
    """The entries that were confirmed, in the order in which they came."""
    told = [one["event"]["log"] for asked in receiver.taken for one in entries(asked)]
    return [(one["epoch"], one["index"]) for one in told]


def entries(asked: Request) -> list[dict[str, Any]]:
    return [one for one in events(asked) if one["sourcetype"] == "custos:audit"]


def test_it_gets_every_entry_in_order_with_the_checkpoint(
    halden: Tenant, receiver: Receiver, hec: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.SPLUNK, hec)
    for _ in range(3):
        halden.record()
    sealed = seal()

    stream = turn(made.stream)

    (asked,) = receiver.taken
    assert places(receiver) == [(1, index) for index in range(sealed)]
    *_rest, last, checkpoint = events(asked)
    assert last["time"] == AT.timestamp()
    assert last["source"] == log(halden).origin
    assert last["source"].startswith(f"{last['host']}/")
    assert last["event"]["actor"]["label"] == MARA.label
    assert checkpoint["sourcetype"] == "custos:audit:checkpoint"
    assert checkpoint["event"]["checkpoint"].startswith(
        f"{log(halden).origin}/1\n{sealed}\n"
    )
    assert (stream.cursor, stream.sent) == ((1, sealed - 1), sealed)


def test_nothing_is_lost_while_it_is_stopped_and_started_again(
    halden: Tenant, authority: Authority, seal: Seal, settings: Any
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True
    server = Receiver(tls=authority.serving(), answer=collector)
    with server.running():
        hec = {"url": server.url, "token": TOKEN, "authority": authority.pem}
        made = started(halden, Kind.SPLUNK, hec)
        halden.record()
        sealed = seal()
        turn(made.stream)
    halden.record()
    sealed += seal()
    stopped = turn(made.stream)
    halden.record()
    sealed += seal()

    with server.running():
        stream = turn(made.stream)

    assert stopped.failures == 1
    assert stopped.last_error.startswith("Nothing arrived: localhost ")
    assert places(server) == [(1, index) for index in range(sealed)]
    assert (stream.failures, stream.last_error) == (0, "")


@pytest.mark.parametrize(
    ("form", "sourcetype"),
    [
        (Format.OCSF, "custos:audit:ocsf"),
        (Format.CEF, "custos:audit:cef"),
    ],
)
def test_the_source_type_names_the_format(
    halden: Tenant,
    receiver: Receiver,
    hec: dict[str, str],
    seal: Seal,
    form: Format,
    sourcetype: str,
) -> None:
    made = started(halden, Kind.SPLUNK, hec, form=form)
    seal()

    turn(made.stream)

    first, *_rest, last = events(receiver.taken[0])
    assert first["sourcetype"] == sourcetype
    assert isinstance(first["event"], str) == (form is Format.CEF)
    assert last["sourcetype"] == "custos:audit:checkpoint"


def test_a_bad_token_moves_nothing_until_the_right_one_is_entered(
    halden: Tenant, receiver: Receiver, hec: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.SPLUNK, hec | {"token": "wrong"})
    sealed = seal()

    stream = turn(made.stream)

    assert stream.cursor == (1, -1)
    assert stream.last_error == (
        "localhost does not know the token (403, code 4). Enter it again."
    )
    assert AT < stream.due_at <= AT + rules.FIRST_DELAY
    asked = services.Asked(name="SIEM", format=Format.NATIVE, settings=hec)
    services.change(actor=MARA, log=log(halden), stream=stream, asked=asked, at=AT)
    turn(stream)
    assert places(receiver)[:sealed] == [(1, index) for index in range(sealed)]


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, b'{"code":2}', "got no token (401, code 2)"),
        (401, b'{"code":3}', "cannot read the token (401, code 3)"),
        (403, b'{"code":1}', "token is disabled in localhost (403, code 1)"),
        (400, b'{"code":6,"invalid-event-number":0}', "the batch (400, code 6)"),
        (400, b'{"code":7}', "no such index for the token (400, code 7)"),
        (400, b'{"code":10}', "wants acknowledgement (400, code 10)"),
        (400, b'{"code":99}', "answered with status 400."),
        (401, b"<html>", "does not accept the sign-in (401)"),
        (503, b'{"code":9}', "answered with status 503."),
        (200, b'{"code":6}', "the batch (200, code 6)"),
        (200, b'{"code":false}', "not as Splunk confirms a batch"),
        (200, b'{"code":"0"}', "not as Splunk confirms a batch"),
        (200, b"[0]", "not as Splunk confirms a batch"),
        (200, b"[" * 50_000, "not as Splunk confirms a batch"),
        (200, b"", "not as Splunk confirms a batch"),
        (201, b'{"code":0}', "not as Splunk confirms a batch"),
    ],
    ids=range(16),
)
def test_a_refused_batch_moves_nothing_says_why_and_comes_again(
    halden: Tenant,
    receiver: Receiver,
    hec: dict[str, str],
    seal: Seal,
    status: int,
    body: bytes,
    sentence: str,
) -> None:
    made = started(halden, Kind.SPLUNK, hec)
    sealed = seal()
    receiver.answer = lambda _asked: (status, body)

    refused = turn(made.stream)
    receiver.taken.clear()
    receiver.answer = collector
    turn(made.stream)

    assert refused.cursor == (1, -1)
    assert sentence in refused.last_error
    assert places(receiver) == [(1, index) for index in range(sealed)]


def test_the_address_may_be_written_with_the_path(
    halden: Tenant, receiver: Receiver, hec: dict[str, str], seal: Seal
) -> None:
    url = f"{receiver.url}/services/collector/event/"
    made = started(halden, Kind.SPLUNK, hec | {"url": url})
    seal()

    assert turn(made.stream).last_error == ""


def test_a_test_event_goes_out_even_while_it_is_paused(
    halden: Tenant, receiver: Receiver, hec: dict[str, str]
) -> None:
    made = make(halden, Kind.SPLUNK, hec)
    services.ask_test(actor=MARA, stream=made.stream, at=AT)

    stream = turn(made.stream)

    (told,) = events(receiver.taken[0])
    assert told["sourcetype"] == "custos:audit:stream-test"
    assert (stream.tested_at, stream.test_error) == (AT, "")


def test_a_private_address_is_refused_unless_the_operator_allows_it(
    halden: Tenant, receiver: Receiver, hec: dict[str, str], seal: Seal, settings: Any
) -> None:
    made = started(halden, Kind.SPLUNK, hec)
    seal()
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    assert "off limits" in turn(made.stream).last_error
    assert receiver.tried == 0
