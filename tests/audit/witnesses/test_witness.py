"""A witness cosigns the heads of the site's log, or is caught up with later."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from audit.anchors import rules
from audit.log import checkpoints, cosignatures, note, tree
from audit.verification import verifier
from audit.verification.flaws import Finding, Flaw
from audit.verification.walk import walk
from audit.witnesses import protocol, services
from audit.witnesses.checks import witness_is_whole
from audit.witnesses.models import Problem
from audit.witnesses.selectors import PARTY
from kit import signing
from tests.audit.anchors.attesting import (
    anchors,
    demand_hidden,
    demand_killed_is_asked_again,
    demand_whole,
    hour,
    outcomes,
    site,
)
from tests.audit.conftest import AT, Tenant
from tests.audit.witnesses.conftest import Reply, Witness, ask, introduce, row

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]


@pytest.fixture
def known(halden: Tenant, seal: Sealing, stopped: Witness) -> Witness:
    """A witness that knows the site's log, of which one anchor is proven."""
    hour(halden, seal)
    introduce(stopped)
    return stopped


def test_an_anchor_is_below_a_head_that_a_witness_cosigned(
    halden: Tenant, known: Witness
) -> None:
    with known.running():
        assert [ask(), ask()] == [1, 0]

    (anchor,) = anchors(halden)
    keys = checkpoints.keys_of(site().uuid)
    head = note.opened(anchor.cosigned, keys=keys)
    assert anchor.index is not None
    tree.check_inclusion(
        hashed=tree.leaf_hash(bytes(anchor.leaf or b"")),
        index=anchor.index,
        size=head.size,
        proof=tree.split_hashes(bytes(anchor.cosigned_proof or b"")),
        root=head.root,
    )
    assert anchor.cosigned.endswith(known.cosigned(head.text, at=AT))
    assert cosignatures.last_name(anchor.cosigned) == known.name
    assert anchor.cosigned_at == AT
    assert outcomes(PARTY) == ["success"]


def test_each_hour_extends_what_the_witness_knows(
    halden: Tenant, known: Witness, seal: Sealing
) -> None:
    with known.running():
        ask()
        for number in range(1, 4):
            known.now = hour(halden, seal, number, entries=3)
            assert ask(known.now) == 1

    sizes = [int(asked.split("\n\n")[1].split("\n")[1]) for asked in known.asked]
    olds = [asked.split("\n")[0] for asked in known.asked]
    assert olds == ["old 0", *(f"old {size}" for size in sizes[:-1])]
    assert all(anchor.cosigned_at for anchor in anchors(halden))
    assert walk(site(), using="sequencer").finding is None


def test_a_witness_that_is_down_delays_nothing_and_is_caught_up_with_later(
    halden: Tenant, known: Witness, seal: Sealing
) -> None:
    with known.running():
        ask()
    for number in range(1, 4):
        at = hour(halden, seal, number)
        assert ask(at) == 0
        assert ask(at) == 0
    down = row()
    assert (down.problem, down.failures) == (Problem.UNREACHABLE, 3)
    assert down.failing_since == AT + timedelta(hours=1)
    assert [bool(one.cosigned_at) for one in anchors(halden)] == [True, *[False] * 3]
    assert all(one.index is not None for one in anchors(halden))

    known.now = at + rules.LONGEST_WAIT
    with known.running():
        assert ask(known.now) == 1

    assert (row().problem, row().failures, row().failing_since) == ("", 0, None)
    assert all(one.cosigned_at for one in anchors(halden))
    assert len({one.cosigned for one in anchors(halden)[1:]}) == 1
    assert outcomes(PARTY) == ["success", "success"]


def test_killed_before_the_cosignature_was_kept_it_is_asked_for_again(
    halden: Tenant, known: Witness, seal: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with known.running():
        demand_killed_is_asked_again(PARTY, ask, monkeypatch)

    assert known.asked[-1].startswith(f"old {row().cosigned_size}\n\n")
    (anchor,) = anchors(halden)
    assert anchor.cosigned_at == AT


def test_killed_before_the_anchors_have_it_they_get_it_later(
    halden: Tenant, known: Witness
) -> None:
    with known.running():
        assert services.ask_due(clock=lambda: AT) == 1
    assert anchors(halden)[0].cosigned_at is None

    assert [services.cover(), services.cover()] == [1, 0]

    assert anchors(halden)[0].cosigned_at == AT


def test_a_worker_that_lost_its_lease_keeps_nothing(
    known: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = protocol.submit

    def stall(*given: Any, **named: Any) -> Any:
        answer = submit(*given, **named)
        with connections["owner"].cursor() as cursor:
            cursor.execute("update audit_witness set fence = fence + 1")
        return answer

    monkeypatch.setattr(protocol, "submit", stall)
    with known.running():
        assert ask() == 0

    assert row().cosigned_size == 0
    assert outcomes(PARTY) == []


def test_a_witness_that_knows_more_than_we_think_says_so(
    halden: Tenant, known: Witness, seal: Sealing
) -> None:
    with known.running():
        ask()
        hour(halden, seal, 1, entries=2)
        with connections["owner"].cursor() as cursor:
            cursor.execute("update audit_witness set known_size = 0")
        known.now = AT + timedelta(hours=1)
        assert ask(known.now) == 1

    assert [asked.split("\n")[0] for asked in known.asked][1] == "old 0"
    assert len(known.asked) == 3


def _other_text(reply: Reply, witness: Witness) -> Reply:
    return 200, "text/plain", witness.cosigned("another\n1\nAAAA\n", at=AT)


def _other_key(reply: Reply, witness: Witness) -> Reply:
    stranger = Witness(name="stranger.example/w9")
    text = witness.asked[-1].split("\n\n")[1] + "\n"
    return 200, "text/plain", stranger.cosigned(text, at=AT)


def _late(reply: Reply, witness: Witness) -> Reply:
    text = witness.asked[-1].split("\n\n")[1] + "\n"
    return 200, "text/plain", witness.cosigned(text, at=AT + timedelta(days=1))


def _early(reply: Reply, witness: Witness) -> Reply:
    text = witness.asked[-1].split("\n\n")[1] + "\n"
    return 200, "text/plain", witness.cosigned(text, at=AT - timedelta(days=1))


def _time_changed(reply: Reply, witness: Witness) -> Reply:
    text = witness.asked[-1].split("\n\n")[1] + "\n"
    line = witness.cosigned(text, at=AT).rstrip("\n")
    dash, name, encoded = line.split(" ")
    raw = bytearray(base64.b64decode(encoded))
    raw[11] ^= 1
    return 200, "text/plain", f"{dash} {name} {base64.b64encode(raw).decode()}\n"


def _nothing(reply: Reply, witness: Witness) -> Reply:
    return 200, "text/plain", ""


def _garbage(reply: Reply, witness: Witness) -> Reply:
    return 200, "text/plain", "<html>\u2028</html>"


def _short(reply: Reply, witness: Witness) -> Reply:
    line = base64.b64encode(witness.key_id + b"\x00").decode()
    return 200, "text/plain", f"\u2014 {witness.name} {line}\n"


def _no_size(reply: Reply, witness: Witness) -> Reply:
    return 409, "text/x.tlog.size", "many\n"


def _never_content(reply: Reply, witness: Witness) -> Reply:
    return 409, "text/x.tlog.size", f"{len(witness.asked) % 2 + 1}\n"


@pytest.mark.parametrize(
    "lie",
    [
        _other_text,
        _other_key,
        _late,
        _early,
        _time_changed,
        _nothing,
        _garbage,
        _short,
        _no_size,
    ],
)
def test_a_witness_that_lies_is_not_believed(
    halden: Tenant, known: Witness, lie: Callable[[Reply, Witness], Reply]
) -> None:
    known.lie = lambda reply: lie(reply, known)
    with known.running():
        assert ask() == 0
        assert ask(AT + timedelta(minutes=2)) == 0

    assert row().problem == Problem.BAD_ANSWER
    assert (row().note, row().failures) == ("", 2)
    assert anchors(halden)[0].cosigned_at is None
    assert outcomes(PARTY) == ["refused"]


def test_a_witness_that_names_other_sizes_without_end_is_asked_twice(
    halden: Tenant, known: Witness, seal: Sealing
) -> None:
    hour(halden, seal, 1)
    known.lie = lambda reply: _never_content(reply, known)
    with known.running():
        assert ask() == 0

    assert len(known.asked) == 2
    assert row().problem == Problem.BAD_ANSWER


@pytest.mark.parametrize(
    ("remembered", "problem"),
    [
        (lambda size: (size - 1, b"\x01" * 32), Problem.FORK),
        (lambda size: (size, b"\x01" * 32), Problem.FORK),
        (lambda size: (size + 50, b"\x01" * 32), Problem.AHEAD),
    ],
)
def test_a_fork_is_refused_named_and_recorded_once(
    halden: Tenant,
    known: Witness,
    seal: Sealing,
    remembered: Callable[[int], tuple[int, bytes]],
    problem: Problem,
) -> None:
    hour(halden, seal, 1)
    text = checkpoints.published(site().uuid)
    assert text is not None
    size = int(text.split("\n")[1])
    known.seen[site().named(1)] = remembered(size)

    with known.running():
        for minutes in (0, 5, 10):
            ask(AT + timedelta(hours=1, minutes=minutes))

    assert row().problem == problem
    assert outcomes(PARTY) == ["refused"]
    assert all(one.cosigned_at is None for one in anchors(halden))


def test_a_log_or_key_that_the_witness_does_not_know_is_named(
    known: Witness,
) -> None:
    with known.running():
        origins = dict(known.logs)
        known.logs.clear()
        ask()
        assert row().problem == Problem.UNKNOWN_LOG
        known.logs.update({origin: bytes(Witness().public) for origin in origins})
        ask(AT + timedelta(minutes=5))
        assert row().problem == Problem.UNKNOWN_KEY


def test_without_a_witness_nothing_is_asked(known: Witness, settings: Any) -> None:
    settings.CUSTOS_WITNESS_URL = settings.CUSTOS_WITNESS_VKEY = ""

    with known.running():
        assert ask() == 0

    assert known.asked == []


def test_private_addresses_are_asked_only_where_the_operator_allows_them(
    known: Witness, settings: Any
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    with known.running():
        assert ask() == 0

    assert known.asked == []
    assert row().problem == Problem.UNREACHABLE


def test_evidence_takes_the_newest_anchor_along(
    halden: Tenant, known: Witness, tmp_path: Path, settings: Any
) -> None:
    with known.running():
        ask()
    file = tmp_path / "log.zip"
    call_command("export_audit", "--organization=halden", f"--out={file}", "--json")

    with ZipFile(file) as archive:
        text = archive.read("anchor.tlog-proof").decode()
    cosigner = verifier.keys_of(settings.CUSTOS_WITNESS_VKEY, b"\x04")
    (said,) = verifier.verified(file, {}, [], cosigner).attested
    assert " cosigned by " in said
    assert "not checked" in verifier.verified(file, {}, []).attested[0]
    other = dict.fromkeys(cosigner, b"\x05" * 32)
    with pytest.raises(verifier.Refused, match="cosignature of"):
        verifier.verified(file, {}, [], other)
    proof, _gap, checkpoint = text.partition("\n\n")
    first, extra, index, *hashes = proof.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    opened = json.loads(base64.b64decode(extra.removeprefix("extra ")))
    entry = base64.b64decode(opened["entry"])
    assert json.loads(entry)["target_id"] == str(halden.uuid)
    head = note.opened(checkpoint, keys=checkpoints.keys_of(site().uuid))
    tree.check_inclusion(
        hashed=tree.leaf_hash(entry),
        index=int(index.removeprefix("index ")),
        size=head.size,
        proof=[base64.b64decode(one) for one in hashes],
        root=head.root,
    )
    assert checkpoint.endswith(known.cosigned(head.text, at=AT))


def test_verification_demands_what_the_witness_cosigned(known: Witness) -> None:
    with known.running():
        ask()
    assert walk(site(), using="sequencer").finding is None
    kept = row().note
    head = note.Checkpoint(origin=site().named(1), size=1, root=b"\x07" * 32)
    key = signing.load(Path(settings.CUSTOS_LOG_KEY_FILE))
    cut = note.Checkpoint(origin=site().named(1), size=900, root=b"\x07" * 32)

    assert _finding(kept.replace("\u2014 witness", "\u2014  witness")) == Flaw.SIGNATURE
    assert _finding(kept[:-10] + "AAAAAAA=\n") == Flaw.SIGNATURE
    forked = note.signed(head, key=key) + known.cosigned(head.text, at=AT)
    assert _finding(forked) == Flaw.FORKED
    longer = note.signed(cut, key=key) + known.cosigned(cut.text, at=AT)
    assert _finding(longer) == Flaw.TRUNCATED
    assert _finding(kept) is None


def test_every_head_that_a_witness_cosigned_is_demanded_not_only_the_newest(
    halden: Tenant, known: Witness, seal: Sealing
) -> None:
    with known.running():
        ask()
        hour(halden, seal, 1, entries=2)
        known.now = AT + timedelta(hours=1)
        assert ask(known.now) == 1
    (first, _newer) = anchors(halden)
    head = note.opened(first.cosigned, keys=checkpoints.keys_of(site().uuid))
    fork = note.Checkpoint(origin=head.origin, size=head.size, root=b"\x01" * 32)
    key = signing.load(settings.CUSTOS_LOG_KEY_FILE)
    forked = note.signed(fork, key=key) + known.cosigned(fork.text, at=AT)

    assert walk(site(), using="sequencer").finding is None
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update audit_anchor set cosigned = %s where hour = %s",
            [forked, first.hour],
        )
    found = walk(site(), using="sequencer").finding

    assert found is not None
    assert found.flaw == Flaw.FORKED


def _finding(text: str) -> Flaw | None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("update audit_witness set note = %s", [text])
    found: Finding | None = walk(site(), using="sequencer").finding
    return found and found.flaw


def test_rows_are_whole(known: Witness) -> None:
    with known.running():
        ask()

    demand_whole(
        PARTY,
        {
            "audit_witness set note = ''": "audit_witness_cosigned_whole",
            "audit_anchor set cosigned = ''": "audit_anchor_cosigned_whole",
            "audit_anchor set site_epoch = null": "audit_anchor_proven_whole",
        },
    )


def test_no_organization_sees_what_the_witness_knows_of_the_site(
    halden: Tenant, known: Witness
) -> None:
    with known.running():
        ask()

    demand_hidden(PARTY, halden)


def test_waits_grow_to_an_hour() -> None:
    waits = [rules.wait_after(failures) for failures in (1, 2, 3, 7, 8, 900)]

    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes == [1, 2, 4, 60, 60, 60]


@pytest.mark.parametrize(
    ("url", "vkey", "found"),
    [
        ("", "", []),
        ("https://w.example/a", "good", []),
        ("https://w.example/a", "", ["audit.E001"]),
        ("", "good", ["audit.E001"]),
        ("http://w.example", "good", ["audit.E002"]),
        ("https://me@w.example", "good", ["audit.E002"]),
        ("https://w.example?x=1", "good", ["audit.E002"]),
        ("https://[", "good", ["audit.E002"]),
        ("https://w.example", "w+00000000+AAAA", ["audit.E003"]),
        ("https://w.example", "nonsense", ["audit.E003"]),
        ("https://w.example", "log key", ["audit.E003"]),
    ],
    ids=range(11),
)
def test_a_witness_that_is_half_set_keeps_the_process_from_starting(
    settings: Any, url: str, vkey: str, found: list[str]
) -> None:
    keys = {
        "good": Witness(name="w").vkey,
        "log key": signing.SigningKey(b"\x01" * 32).named("w").vkey,
    }
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False
    settings.CUSTOS_WITNESS_URL = url
    settings.CUSTOS_WITNESS_VKEY = keys.get(vkey, vkey)

    assert [error.id for error in witness_is_whole(None)] == found
