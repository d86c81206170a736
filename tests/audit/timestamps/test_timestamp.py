"""An authority timestamps the heads of the site's log, or is caught up with later."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.log import checkpoints, note, tree
from audit.log.models import SITE
from audit.timestamps import services, tokens
from audit.timestamps.checks import authority_is_whole
from audit.timestamps.models import AuditTimestamp, Problem
from audit.timestamps.selectors import PARTY
from audit.verification import verifier
from audit.verification.flaws import Flaw
from audit.verification.walk import walk
from kit import scoping
from tests.audit.anchors.attesting import (
    anchors,
    change,
    demand_hidden,
    demand_killed_is_asked_again,
    demand_whole,
    hour,
    outcomes,
    site,
)
from tests.audit.conftest import Tenant
from tests.audit.timestamps.conftest import Authority, now, openssl

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]


@pytest.fixture
def waiting(halden: Tenant, seal: Sealing, authority: Authority) -> Authority:
    """An authority that the operator set; one anchor is proven."""
    hour(halden, seal)
    return authority


def ask(ahead: timedelta = timedelta(0)) -> int:
    """One beat, as if so much time had passed."""
    asked = services.ask_due(clock=lambda: now() + ahead)
    services.cover()
    return asked


def row() -> AuditTimestamp:
    with scoping.organization(organization_id=SITE):
        return AuditTimestamp.objects.get()


def test_an_anchor_is_below_a_head_that_an_authority_timestamped(
    halden: Tenant, waiting: Authority
) -> None:
    with waiting.running():
        assert [ask(), ask()] == [1, 0]

    (anchor,) = anchors(halden)
    head = note.opened(anchor.stamped, keys=checkpoints.keys_of(site().uuid))
    assert anchor.index is not None
    tree.check_inclusion(
        hashed=tree.leaf_hash(bytes(anchor.leaf or b"")),
        index=anchor.index,
        size=head.size,
        proof=tree.split_hashes(bytes(anchor.stamped_proof or b"")),
        root=head.root,
    )
    assert anchor.stamped_at is not None
    assert abs(anchor.stamped_at - now()) < timedelta(minutes=1)
    assert outcomes(PARTY) == ["success"]
    assert len(waiting.asked) == 1


def test_evidence_takes_it_along_and_openssl_verifies_it(
    halden: Tenant, waiting: Authority, tmp_path: Path
) -> None:
    with waiting.running():
        ask()
    file = tmp_path / "log.zip"
    call_command("export_audit", "--organization=halden", f"--out={file}", "--json")

    with ZipFile(file) as archive:
        for name in ("checkpoint", "tsr", "tlog-proof"):
            archive.extract(f"timestamped.{name}", tmp_path)
    openssl(
        "ts -verify -data timestamped.checkpoint -in timestamped.tsr"
        f" -CAfile {waiting.roots}",
        folder=tmp_path,
    )
    proof = (tmp_path / "timestamped.tlog-proof").read_text()
    assert proof.endswith("\n\n" + (tmp_path / "timestamped.checkpoint").read_text())
    (said,) = verifier.verified(file, {}, []).attested
    assert said.startswith("up to entry 1 of epoch 1 timestamped 20")
    response = (tmp_path / "timestamped.tsr").read_bytes()
    with pytest.raises(verifier.Refused, match="not over this head"):
        verifier._stamped(response, "another head")
    with pytest.raises(verifier.Refused, match="no answer"):
        verifier._stamped(response[:-9], "another head")


def test_an_authority_that_is_down_delays_nothing_and_is_caught_up_with_later(
    halden: Tenant, waiting: Authority, seal: Sealing
) -> None:
    assert [ask(), ask()] == [0, 0]
    hour(halden, seal, 1)
    assert ask(timedelta(minutes=2)) == 0
    assert (row().problem, row().failures) == (Problem.UNREACHABLE, 2)
    assert all(one.index is not None for one in anchors(halden))

    with waiting.running():
        assert ask(timedelta(minutes=5)) == 1

    assert (row().problem, row().failures, row().failing_since) == ("", 0, None)
    assert all(one.stamped_at for one in anchors(halden))
    assert outcomes(PARTY) == ["success"]


def test_killed_before_the_answer_was_kept_it_is_asked_again(
    halden: Tenant, waiting: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with waiting.running():
        demand_killed_is_asked_again(PARTY, ask, monkeypatch)

    assert anchors(halden)[0].stamped_at is not None


@pytest.mark.parametrize("is_replayed", [True, False])
def test_an_answer_to_another_question_is_not_believed(
    halden: Tenant, waiting: Authority, *, is_replayed: bool
) -> None:
    published = checkpoints.published(site().uuid) or ""
    asked = tokens.asking(published if is_replayed else "another head\n")
    waiting.lie = lambda _query: asked.body
    with waiting.running():
        assert ask() == 0
        assert ask(timedelta(minutes=2)) == 0

    assert row().problem == Problem.BAD_ANSWER
    assert anchors(halden)[0].stamped_at is None
    assert outcomes(PARTY) == ["refused"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (lambda _reply: (200, b""), Problem.BAD_ANSWER),
        (lambda _reply: (200, b"<html>"), Problem.BAD_ANSWER),
        (lambda reply: (200, reply[:-1] + bytes([reply[-1] ^ 1])), Problem.BAD_ANSWER),
        (lambda reply: (200, reply[:200]), Problem.BAD_ANSWER),
        (lambda reply: (500, reply), Problem.UNREACHABLE),
        (lambda _reply: (200, bytes.fromhex("30053003020102")), Problem.NOT_GRANTED),
    ],
    ids=("empty", "page", "signature", "cut", "status", "rejected"),
)
def test_an_answer_that_does_not_hold_is_not_kept(
    waiting: Authority,
    answer: Callable[[bytes], tuple[int, bytes]],
    problem: Problem,
) -> None:
    waiting.answer = answer
    with waiting.running():
        assert ask() == 0

    assert (row().problem, row().note, row().stamp) == (problem, "", None)


def test_an_authority_below_another_root_is_not_believed(
    waiting: Authority, settings: Any, tmp_path: Path
) -> None:
    other = Authority.made(tmp_path / "other")
    settings.CUSTOS_TIMESTAMP_CA_FILE = str(other.roots)

    with waiting.running():
        assert ask() == 0

    assert row().problem == Problem.BAD_ANSWER


def test_a_clock_that_is_not_ours_is_not_believed(waiting: Authority) -> None:
    with waiting.running():
        assert ask(timedelta(hours=1)) == 0

    assert row().problem == Problem.BAD_ANSWER


def test_verification_checks_what_was_timestamped(
    halden: Tenant, waiting: Authority, settings: Any, tmp_path: Path
) -> None:
    with waiting.running():
        ask()
    call_command("verify_audit", "--json")
    kept = row().note

    change(PARTY, "stamped_at = stamped_at - interval '1 year'")
    with pytest.raises((CommandError, SystemExit)):
        call_command("verify_audit", "--json")
    change(PARTY, "stamped_at = stamped_at + interval '1 year'")
    call_command("verify_audit", "--json")
    settings.CUSTOS_TIMESTAMP_CA_FILE = str(Authority.made(tmp_path / "x").roots)
    with pytest.raises((CommandError, SystemExit)):
        call_command("verify_audit", "--json")

    change(PARTY, f"note = '{kept.replace(' ', '  ')}'")
    finding = walk(site(), using="sequencer").finding
    assert finding is not None
    assert finding.flaw == Flaw.SIGNATURE


def test_without_an_authority_nothing_is_asked(
    waiting: Authority, settings: Any
) -> None:
    settings.CUSTOS_TIMESTAMP_URL = settings.CUSTOS_TIMESTAMP_CA_FILE = ""

    with waiting.running():
        assert ask() == 0

    assert waiting.asked == []


def test_rows_are_whole_and_nobody_elses(halden: Tenant, waiting: Authority) -> None:
    with waiting.running():
        ask()

    demand_whole(
        PARTY,
        {
            "audit_timestamp set note = ''": "audit_timestamp_stamped_whole",
            "audit_anchor set stamp = null": "audit_anchor_stamped_whole",
        },
    )
    demand_hidden(PARTY, halden)


def test_an_authority_that_is_half_set_keeps_the_process_from_starting(
    settings: Any, authority: Authority, tmp_path: Path
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False
    (tmp_path / "empty").write_text("no certificate\n")
    good, file = "https://tsa.example/tsr", str(authority.roots)

    for url, roots, found in (
        ("", "", []),
        (good, file, []),
        (good, "", ["audit.E004"]),
        ("", file, ["audit.E004"]),
        ("http://tsa.example/tsr", file, ["audit.E005"]),
        ("https://me@tsa.example", file, ["audit.E005"]),
        ("https://[", file, ["audit.E005"]),
        (good, str(tmp_path / "none"), ["audit.E006"]),
        (good, str(tmp_path / "empty"), ["audit.E006"]),
    ):
        settings.CUSTOS_TIMESTAMP_URL = url
        settings.CUSTOS_TIMESTAMP_CA_FILE = roots
        assert [error.id for error in authority_is_whole(None)] == found
