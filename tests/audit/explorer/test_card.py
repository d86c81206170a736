"""The overview's card of the log: how much is sealed, and whether it was verified."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from audit.log import checkpoints, note, sequencer
from audit.verification.flaws import Flaw
from audit.verification.models import AuditVerification, State
from kit import overview, scoping
from kit.overview import CardView
from tests.audit.conftest import AT, MARA, Tenant, publish_anything

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_card_counts_every_sealed_entry(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    actor = replace(MARA, organization_id=halden.id)
    (card,) = (one for one in overview.cards_for(actor) if one.name == "audit")
    for number in (3, 2):
        for _entry in range(number):
            halden.record()
        brightwater.record()
        seal()
    halden.record()

    with scoping.organization(organization_id=halden.id):
        view = card.build(actor, AT)

    assert view is not None
    assert (view.context["number"], view.context["status_word"]) == (
        "5",
        "Not verified yet",
    )


def test_a_broken_log_is_drawn_as_bad_and_waits_for_whoever_may_read_it(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    actor = replace(MARA, organization_id=halden.id)
    (card,) = (one for one in overview.cards_for(actor) if one.name == "audit")
    halden.record()
    seal()
    with scoping.organization(organization_id=halden.id):
        AuditVerification.objects.create(
            organization_id=halden.id,
            requested_at=AT,
            ended_at=AT,
            state=State.DONE,
            entries=1,
            checked=1,
            finding=Flaw.EDITED,
            bad_epoch=1,
            first_bad_index=0,
        )
        view = card.build(actor, AT)

    assert view is not None
    assert view.context["bar"].tone == "bad"
    (task,) = view.tasks
    assert (task.page, task.tone) == ("audit:workspace-entries", "bad")
    assert task.action_label == "Open the audit log"


def _card(tenant: Tenant, at: datetime) -> CardView:
    actor = replace(MARA, organization_id=tenant.id)
    (card,) = (one for one in overview.cards_for(actor) if one.name == "audit")
    with scoping.organization(organization_id=tenant.id):
        view = card.build(actor, at)
    assert view is not None
    return view


def test_a_seal_that_is_late_by_a_minute_waits_on_the_overview(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    brightwater.record()
    seal()
    halden.record()

    assert _card(halden, AT + timedelta(seconds=59)).tasks == ()
    (task,) = _card(halden, AT + timedelta(seconds=60)).tasks
    assert (task.page, task.tone) == ("audit:workspace-integrity", "bad")
    assert task.title == "The seal of the audit log is late"
    assert _card(brightwater, AT + timedelta(hours=1)).tasks == ()

    seal()
    assert _card(halden, AT + timedelta(hours=1)).tasks == ()


def test_a_refused_log_is_late_for_its_own_organization_alone(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    halden.record()
    seal()
    kept = checkpoints.published(halden.uuid)
    assert kept is not None
    ahead = note.Checkpoint(origin=kept.partition("\n")[0], size=7, root=b"\x01" * 32)
    publish_anything(halden.uuid, note.signed(ahead, key=sequencer._key()))
    for tenant in (halden, brightwater):
        tenant.record()
    seal()

    later = AT + timedelta(minutes=2)
    assert [task.tone for task in _card(halden, later).tasks] == ["bad"]
    assert _card(brightwater, later).tasks == ()
