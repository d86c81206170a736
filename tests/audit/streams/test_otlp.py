"""OpenTelemetry gets every entry in order as a log record, all of a batch or none."""

from collections.abc import Callable
from typing import Any

import pytest

from audit.recording import Outcome
from audit.streams import services
from audit.streams.kinds import Format, Kind
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.streams.authorities import Authority
from tests.audit.streams.conftest import (
    log,
    make,
    started,
    turn,
)
from tests.audit.streams.contracts import SIGN_IN, OpenTelemetry
from tests.audit.streams.receivers import Receiver, Request

pytestmark = pytest.mark.django_db(transaction=True)
Seal = Callable[[], int]
Record = dict[str, Any]


def records(asked: Request) -> list[Record]:
    (resource,) = asked.json["resourceLogs"]
    (scope,) = resource["scopeLogs"]
    found: list[Record] = scope["logRecords"]
    return found


def value(told: dict[str, Any]) -> Any:
    """A value out of OpenTelemetry's spelling; exactly one kind of it."""
    if not told:
        return None
    ((kind, it),) = told.items()
    if kind == "kvlistValue":
        return {one["key"]: value(one["value"]) for one in it["values"]}
    if kind == "arrayValue":
        return [value(one) for one in it["values"]]
    if kind == "intValue":
        return int(it)
    assert kind in {"stringValue", "boolValue"}
    return it


def attributes(record: Record) -> dict[str, Any]:
    return {one["key"]: value(one["value"]) for one in record["attributes"]}


@pytest.fixture
def otlp(receiver: Receiver, authority: Authority) -> dict[str, str]:
    receiver.answer = OpenTelemetry(lambda _places: None)
    return _settings(receiver, authority)


def _settings(receiver: Receiver, authority: Authority) -> dict[str, str]:
    return {
        "url": f"{receiver.url}/otlp",
        "header": f"Authorization: {SIGN_IN}",
        "authority": authority.pem,
    }


def places(receiver: Receiver) -> list[tuple[int, int]]:
    """The entries that were confirmed, in the order in which they came."""
    told = [attributes(one) for asked in receiver.taken for one in records(asked)]
    return [
        (one["custos.epoch"], one["custos.index"])
        for one in told
        if "custos.index" in one
    ]


def test_it_gets_every_entry_in_order_with_the_checkpoint(
    halden: Tenant, receiver: Receiver, otlp: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.OTLP, otlp)
    for _ in range(3):
        halden.record()
    sealed = seal()

    stream = turn(made.stream)

    (asked,) = receiver.taken
    assert places(receiver) == [(1, index) for index in range(sealed)]
    resource = asked.json["resourceLogs"][0]["resource"]
    assert attributes(resource) == {
        "service.name": "custos",
        "custos.log.origin": log(halden).origin,
    }
    *_rest, last, checkpoint = records(asked)
    assert last["timeUnixNano"] == f"{int(AT.timestamp())}000000000"
    assert (last["severityNumber"], last["severityText"]) == (9, "INFO")
    assert last["eventName"] == "custos.retention.policy.set"
    assert attributes(last)["custos.event.id"] == f"1/{sealed - 1}"
    assert value(last["body"])["actor"]["label"] == MARA.label
    assert checkpoint["eventName"] == "custos.audit.checkpoint"
    assert value(checkpoint["body"])["checkpoint"].startswith(
        f"{log(halden).origin}/1\n{sealed}\n"
    )
    assert (stream.cursor, stream.sent) == ((1, sealed - 1), sealed)


def test_the_severity_is_that_of_the_outcome(
    halden: Tenant, receiver: Receiver, otlp: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.OTLP, otlp, query="outcome:refused,error")
    for outcome in (Outcome.REFUSED, Outcome.ERROR):
        halden.record(outcome=outcome)
    seal()

    turn(made.stream)

    *found, _checkpoint = records(receiver.taken[0])
    assert [(one["severityNumber"], one["severityText"]) for one in found] == [
        (13, "WARN"),
        (17, "ERROR"),
    ]


def test_cef_goes_as_one_line(
    halden: Tenant, receiver: Receiver, otlp: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.OTLP, otlp, form=Format.CEF)
    seal()

    turn(made.stream)

    assert records(receiver.taken[0])[0]["body"]["stringValue"].startswith("CEF:")


def test_a_bad_token_moves_nothing_and_says_why(
    halden: Tenant, receiver: Receiver, otlp: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.OTLP, otlp | {"header": "Authorization: Bearer no"})
    seal()

    stream = turn(made.stream)

    assert stream.cursor == (1, -1)
    assert stream.last_error == (
        "localhost does not accept the sign-in (401). Renew its secret."
    )


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (200, b'{"partialSuccess":{"rejectedLogRecords":"1"}}', "rejected 1 of "),
        (
            200,
            b'{"partialSuccess":{"rejectedLogRecords":1,"errorMessage":"no"}}',
            "rejected 1 of ",
        ),
        (200, b'{"partialSuccess":{"rejectedLogRecords":"-1"}}', "not as OpenTel"),
        (200, b'{"partialSuccess":{"rejectedLogRecords":[1]}}', "not as OpenTel"),
        (200, b'{"partialSuccess":[1]}', "not as OpenTelemetry describes"),
        (200, b"<html>Sign in</html>", "not as OpenTelemetry describes"),
        (400, b'{"code":3}', "answered with status 400."),
        (413, b"", "finds the request too large (413)"),
        (429, b"", "asks for more time (429)"),
        (302, b"", "answered with status 302."),
    ],
    ids=range(10),
)
def test_a_refused_batch_moves_nothing_says_why_and_comes_again(
    halden: Tenant,
    receiver: Receiver,
    otlp: dict[str, str],
    seal: Seal,
    status: int,
    body: bytes,
    sentence: str,
) -> None:
    made = started(halden, Kind.OTLP, otlp)
    sealed = seal()
    receiver.answer = lambda _asked: (status, body)

    refused = turn(made.stream)
    receiver.taken.clear()
    receiver.answer = OpenTelemetry(lambda _places: None)
    turn(made.stream)

    assert refused.cursor == (1, -1)
    assert sentence in refused.last_error
    assert places(receiver) == [(1, index) for index in range(sealed)]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (204, b""),
        (200, b"{}"),
        (200, b'{"partialSuccess":null}'),
        (
            200,
            b'{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"slow"}}',
        ),
    ],
    ids=range(5),
)
def test_an_answer_that_rejects_nothing_confirms(
    halden: Tenant,
    receiver: Receiver,
    otlp: dict[str, str],
    seal: Seal,
    status: int,
    body: bytes,
) -> None:
    made = started(halden, Kind.OTLP, otlp)
    sealed = seal()
    receiver.answer = lambda _asked: (status, body)

    assert turn(made.stream).cursor == (1, sealed - 1)


def test_a_test_event_needs_no_header_where_the_receiver_wants_none(
    halden: Tenant, receiver: Receiver, otlp: dict[str, str]
) -> None:
    made = make(halden, Kind.OTLP, otlp | {"header": ""})
    services.ask_test(actor=MARA, stream=made.stream, at=AT)
    receiver.answer = lambda _asked: (200, b"{}")

    stream = turn(made.stream)

    (asked,) = receiver.taken
    assert "authorization" not in asked.headers
    assert [one["eventName"] for one in records(asked)] == ["custos.audit.stream-test"]
    assert (stream.tested_at, stream.test_error) == (AT, "")


def test_a_private_address_is_refused_unless_the_operator_allows_it(
    halden: Tenant, receiver: Receiver, otlp: dict[str, str], seal: Seal, settings: Any
) -> None:
    made = started(halden, Kind.OTLP, otlp)
    seal()
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    stream = turn(made.stream)

    assert "off limits" in stream.last_error
    assert stream.cursor == (1, -1)
    assert receiver.tried == 0
