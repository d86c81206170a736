"""The overview's card of the log: how much is sealed, and whether it was verified."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from audit.verification.models import AuditVerification, State
from audit.verification.walk import Flaw
from kit import overview, scoping
from tests.audit.conftest import AT, MARA, Tenant

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
