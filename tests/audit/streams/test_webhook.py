"""A webhook gets every entry in order, signed, again after a failure, never fewer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from audit.streams import rules, selectors, services
from audit.streams.kinds import Format, Kind
from audit.streams.models import AuditStream
from audit.streams.services import Start
from kit import scoping
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.streams.authorities import Authority
from tests.audit.streams.conftest import (
    fresh,
    is_signed,
    log,
    make,
    started,
    turn,
)
from tests.audit.streams.receivers import Receiver, Request

pytestmark = pytest.mark.django_db(transaction=True)
Seal = Callable[[], int]


@pytest.fixture
def hook(receiver: Receiver, authority: Authority) -> dict[str, str]:
    url = f"{receiver.url}/in/secret-path?key=hidden"
    return {"url": url, "mode": "batch", "authority": authority.pem}


def places(receiver: Receiver) -> list[tuple[int, int]]:
    """The entries that were confirmed, in the order in which they came."""
    events = [
        event
        for asked in receiver.taken
        for event in (asked.json if isinstance(asked.json, list) else [asked.json])
    ]
    return [
        (int(e["sequence"].split(".")[0]), int(e["sequence"].split(".")[1]))
        for e in events
        if "sequence" in e
    ]


def test_it_gets_every_entry_in_order_with_the_checkpoint(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    for _ in range(3):
        halden.record()
    sealed = seal()

    stream = turn(made.stream)

    (asked,) = receiver.taken
    assert is_signed(asked, made.secret)
    assert asked.path == "/in/secret-path?key=hidden"
    assert asked.headers["content-type"].startswith(
        "application/cloudevents-batch+json"
    )
    assert places(receiver) == [(1, index) for index in range(sealed)]
    *entries, checkpoint = asked.json
    assert {event["specversion"] for event in asked.json} == {"1.0"}
    assert entries[-1]["type"] == "custos.retention.policy.set"
    assert entries[-1]["data"]["actor"]["label"] == MARA.label
    assert checkpoint["type"] == "custos.audit.checkpoint"
    assert checkpoint["data"]["checkpoint"].startswith(
        f"{log(halden).origin}/1\n{sealed}\n"
    )
    assert stream.cursor == (1, sealed - 1)
    assert stream.sent == sealed


def test_what_was_confirmed_is_not_sent_again(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    seal()
    turn(made.stream)

    turn(made.stream)

    assert len(receiver.taken) == 1
    assert selectors.due(at=AT, limit=9) == []


def test_single_events_are_signed_each(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook | {"mode": "single"})
    sealed = seal()

    turn(made.stream)

    assert len(receiver.taken) == sealed + 1
    assert all(is_signed(asked, made.secret) for asked in receiver.taken)
    assert places(receiver) == [(1, index) for index in range(sealed)]


def test_a_filter_sends_what_fits_and_passes_the_rest(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook, query="area:holds")
    halden.record("retention.hold.placed")
    halden.record()
    sealed = seal()

    stream = turn(made.stream)

    events = [e for asked in receiver.taken for e in asked.json if "sequence" in e]
    assert [event["type"] for event in events] == ["custos.retention.hold.placed"]
    assert stream.cursor == (1, sealed - 1)


def test_it_begins_now_or_at_the_first_entry(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    halden.record()
    before = seal()
    made = started(halden, Kind.WEBHOOK, hook, start_at=Start.NOW)
    halden.record()
    sealed = before + seal()

    turn(made.stream)

    assert places(receiver) == [(1, index) for index in range(before, sealed)]


def test_ocsf_goes_as_it_is(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook, form=Format.OCSF)
    seal()

    turn(made.stream)

    data = receiver.taken[0].json[0]["data"]
    assert data["type_uid"] == data["class_uid"] * 100 + data["activity_id"]


def test_cef_goes_as_one_line(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook, form=Format.CEF)
    seal()

    turn(made.stream)

    first, *_others, checkpoint = receiver.taken[0].json
    assert first["datacontenttype"] == "text/plain"
    assert first["data"].startswith("CEF:0|Custos|")
    assert "\n" not in first["data"]
    assert checkpoint["datacontenttype"] == "application/json"


def test_a_refusal_moves_nothing_and_says_why(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    seal()
    receiver.answer = lambda _asked: (401, b"go away")

    stream = turn(made.stream)

    assert stream.cursor == (1, -1)
    assert stream.failures == 1
    assert stream.last_error == (
        "localhost does not accept the sign-in (401). Renew its secret."
    )
    assert AT < stream.due_at <= AT + rules.FIRST_DELAY
    assert selectors.due(at=AT, limit=9) == []


def test_it_goes_on_where_it_stopped_when_the_receiver_is_back(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    sealed = seal()
    receiver.answer = lambda _asked: (503, b"")
    for day in range(30):
        halden.record()
        sealed += seal()
        turn(made.stream, AT + timedelta(days=day))
    receiver.answer = lambda _asked: (200, b"")

    later = AT + timedelta(days=31)
    stream = turn(made.stream, later)
    sealed += seal()
    stream = turn(made.stream, later)

    assert places(receiver) == [(1, index) for index in range(sealed)]
    assert (stream.failures, stream.failing_since, stream.last_error) == (0, None, "")


def test_one_that_is_late_is_recorded_once_and_again_when_it_caught_up(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    seal()
    receiver.answer = lambda _asked: (503, b"")
    turn(made.stream, AT + timedelta(minutes=59))
    assert fresh(made.stream).alarmed_at is None

    for minutes in (61, 75):
        turn(made.stream, AT + timedelta(minutes=minutes))
    receiver.answer = lambda _asked: (200, b"")
    turn(made.stream, AT + timedelta(minutes=90))
    seal()
    turn(made.stream, AT + timedelta(minutes=91))

    types = [e["type"] for asked in receiver.taken for e in asked.json]
    assert types.count("custos.audit.stream.fell-behind") == 1
    assert types.count("custos.audit.stream.caught-up") == 1


def test_a_failure_in_the_middle_of_single_events_keeps_what_was_confirmed(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook | {"mode": "single"})
    for _ in range(5):
        halden.record()
    sealed = seal()

    def answer(_asked: Request) -> tuple[int, bytes]:
        return (200, b"") if receiver.tried != 3 else (500, b"")

    receiver.answer = answer
    turn(made.stream)
    turn(made.stream)

    assert places(receiver) == [(1, index) for index in range(sealed)]


def test_a_worker_that_lost_its_lease_moves_nothing(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    seal()

    def steal(_asked: Request) -> tuple[int, bytes]:
        with scoping.organization(organization_id=halden.id):
            AuditStream.objects.filter(pk=made.stream.pk).update(fence=99)
        connections.close_all()
        return 200, b""

    receiver.answer = steal

    assert turn(made.stream).cursor == (1, -1)


def test_a_replay_while_a_batch_is_on_its_way_wins(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    halden.record()
    sealed = seal()
    turn(made.stream)
    halden.record()
    sealed += seal()

    def replay(_asked: Request) -> tuple[int, bytes]:
        if receiver.tried == 2:
            services.replay(
                actor=MARA, log=log(halden), stream=made.stream, first=(1, 0), at=AT
            )
            connections.close_all()
        return 200, b""

    receiver.answer = replay
    turn(made.stream)

    assert places(receiver)[-sealed:] == [(1, index) for index in range(sealed)]


def test_entries_that_are_gone_are_told_as_a_gap(
    halden: Tenant,
    receiver: Receiver,
    hook: dict[str, str],
    seal: Seal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    for _ in range(4):
        halden.record()
    seal()
    pruned = selectors._next

    def later(ids: list[int]) -> Any:
        return [(a, b, max(c, 2), d) for a, b, c, d in pruned(ids)]

    monkeypatch.setattr(selectors, "_next", later)
    turn(made.stream)
    monkeypatch.undo()
    seal()
    turn(made.stream)

    first, *_rest = receiver.taken
    assert first.json[-1]["data"]["missing"] == 2
    types = [e["type"] for asked in receiver.taken for e in asked.json]
    assert "custos.audit.stream.gap-found" in types
    with scoping.organization(organization_id=halden.id):
        gap = selectors.gap_of(stream=fresh(made.stream))
    assert gap is not None
    assert (gap.missing, gap.is_acknowledged) == (2, False)


def test_a_private_address_is_refused_unless_the_operator_allows_it(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal, settings: Any
) -> None:
    made = started(halden, Kind.WEBHOOK, hook)
    seal()
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    stream = turn(made.stream)

    assert "off limits" in stream.last_error
    assert receiver.tried == 0


def test_a_second_ring_for_a_test_event_keeps_no_lease_of_the_stream(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = make(halden, Kind.WEBHOOK, hook)
    services.ask_test(actor=MARA, stream=made.stream, at=AT)

    turn(made.stream)
    idle = turn(made.stream)

    assert idle.leased_until is None
    services.start(actor=MARA, stream=made.stream, at=AT)
    seal()
    assert turn(made.stream).sent > 0


def test_a_test_event_goes_out_even_while_it_is_paused(
    halden: Tenant, receiver: Receiver, hook: dict[str, str], seal: Seal
) -> None:
    made = make(halden, Kind.WEBHOOK, hook)
    services.ask_test(actor=MARA, stream=made.stream, at=AT)
    seal()
    assert [one.id for one in selectors.due(at=AT, limit=9)] == [made.stream.pk]

    stream = turn(made.stream)

    (asked,) = receiver.taken
    assert is_signed(asked, made.secret)
    assert [event["type"] for event in asked.json] == ["custos.audit.stream-test"]
    assert (stream.test_asked_at, stream.tested_at, stream.test_error) == (None, AT, "")
    assert stream.cursor == (1, -1)


def test_a_test_event_that_fails_says_why(
    halden: Tenant, receiver: Receiver, hook: dict[str, str]
) -> None:
    made = make(halden, Kind.WEBHOOK, hook)
    services.ask_test(actor=MARA, stream=made.stream, at=AT)
    receiver.answer = lambda _asked: (404, b"")

    stream = turn(made.stream)

    assert stream.test_error == (
        "localhost knows no such address (404). Check the address."
    )
    assert stream.failures == 0
