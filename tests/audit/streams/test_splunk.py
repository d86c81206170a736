"""Splunk gets every entry in order under its token, and confirms with code 0 only."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from audit.streams import rules, services
from audit.streams.destinations import splunk
from audit.streams.kinds import Format, Kind
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.streams.authorities import Authority
from tests.audit.streams.conftest import (
    log,
    make,
    started,
    turn,
)
from tests.audit.streams.contracts import TOKEN, WITH_ACKS, Splunk
from tests.audit.streams.receivers import Receiver, Request

pytestmark = pytest.mark.django_db(transaction=True)
Seal = Callable[[], int]


def events(asked: Request) -> list[dict[str, Any]]:
    """The objects of a body, read as Splunk does: one after the other."""
    found, text = [], asked.body.decode()
    while text := text.lstrip():
        one, end = json.JSONDecoder().raw_decode(text)
        found.append(one)
        text = text[end:]
    return found


@pytest.fixture
def hec(receiver: Receiver, authority: Authority) -> dict[str, str]:
    receiver.answer = Splunk(lambda _places: None)
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
        (400, b'{"code":11}', "the batch (400, code 11)"),
        (400, b'{"code":99}', "answered with status 400."),
        (401, b"<html>", "does not accept the sign-in (401)"),
        (503, b'{"code":9}', "answered with status 503."),
        (200, b'{"code":6}', "the batch (200, code 6)"),
        (200, b'{"code":0,"ackId":"1"}', "not as Splunk confirms a batch"),
        (200, b'{"code":false}', "not as Splunk confirms a batch"),
        (200, b'{"code":"0"}', "not as Splunk confirms a batch"),
        (200, b"[0]", "not as Splunk confirms a batch"),
        (200, b"[" * 50_000, "not as Splunk confirms a batch"),
        (200, b"", "not as Splunk confirms a batch"),
        (201, b'{"code":0}', "not as Splunk confirms a batch"),
    ],
    ids=range(17),
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
    receiver.answer = Splunk(lambda _places: None)
    turn(made.stream)

    assert refused.cursor == (1, -1)
    assert sentence in refused.last_error
    assert places(receiver) == [(1, index) for index in range(sealed)]


def test_a_token_that_acknowledges_confirms_what_is_indexed(
    halden: Tenant, receiver: Receiver, hec: dict[str, str], seal: Seal
) -> None:
    indexed: list[tuple[int, int]] = []
    receiver.answer = Splunk(indexed.extend)
    made = started(halden, Kind.SPLUNK, hec | {"token": WITH_ACKS})
    sealed = seal()

    stream = turn(made.stream)

    assert (stream.last_error, stream.cursor) == ("", (1, sealed - 1))
    assert indexed == [(1, index) for index in range(sealed)]
    taken, *asked = receiver.taken
    assert taken.headers["x-splunk-request-channel"] == str(stream.public_id)
    assert {one.path for one in asked} == {
        f"/services/collector/ack?channel={stream.public_id}"
    }


def test_what_is_not_indexed_in_time_comes_again(
    halden: Tenant,
    receiver: Receiver,
    hec: dict[str, str],
    seal: Seal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(splunk, "_INDEXED_SECONDS", 0.3)
    made = started(halden, Kind.SPLUNK, hec | {"token": WITH_ACKS})
    seal()
    done = threading.Event()
    receiver.answer = Splunk(lambda _places: bool(done.wait(20)) and None)

    stream = turn(made.stream)
    done.set()

    assert stream.last_error == (
        "localhost took the batch, but did not say in time that it is indexed."
        " It is sent again."
    )
    assert stream.cursor == (1, -1)


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
