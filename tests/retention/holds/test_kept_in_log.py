"""What legal holds keep of the audit log: details of old entries, until the release."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections, transaction

from audit import recording
from audit.expiry import guards, rules
from audit.expiry import services as expiry
from audit.log import sequencer
from audit.log.models import AuditDetail
from audit.recording import Target
from kit import scoping
from retention.holds import services as holds
from retention.holds.models import HoldScope
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, days_ago

pytestmark = pytest.mark.django_db(transaction=True)


def _record(
    stage: Stage, person: Person, *, is_of_workspace: bool = False, at: float = 500
) -> int:
    """An old entry of the organization's log, and its id."""
    organization = stage.workspace.organization
    with scoping.organization(organization_id=organization.id):
        return recording.record(
            actor=person.actor,
            action="retention.policy.set",
            target=Target(kind="policy", id=uuid4()),
            organization_id=organization.id,
            workspace=stage.workspace.public_id if is_of_workspace else None,
            at=days_ago(at),
        )


def _detailed(stage: Stage, ids: list[int]) -> list[int]:
    with scoping.organization(organization_id=stage.workspace.organization.id):
        kept = AuditDetail.objects.filter(entry_id__in=ids)
        found = set(kept.values_list("entry_id", flat=True))
    return [one for one in ids if one in found]


def _hold(stage: Stage, person: Person) -> None:
    holds.place(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        matter="Brennan v. Halden",
        membership_ids=[person.membership.pk],
        at=NOON,
    )


def test_a_hold_keeps_its_workspace_and_its_custodian_everywhere(stage: Stage) -> None:
    ids = [
        _record(stage, stage.owner, is_of_workspace=True),
        _record(stage, stage.other),
        _record(stage, stage.owner),
    ]
    sequencer.run(at=NOON)
    expiry.work_due(at=NOON - rules.FIRST_RUN_AFTER)
    _hold(stage, stage.other)

    expiry.work_due(at=NOON)
    assert _detailed(stage, ids) == ids[:2]

    with stage.scope():
        HoldScope.objects.update(
            released_at=NOON, release_grace_until=NOON + timedelta(days=3)
        )
        HoldScope.objects.get().hold.__class__.objects.update(
            released_at=NOON, released_by="test"
        )
    expiry.work_due(at=NOON + timedelta(days=2))
    assert _detailed(stage, ids) == ids[:2]

    expiry.work_due(at=NOON + timedelta(days=4))
    assert _detailed(stage, ids) == []


def test_a_hold_of_another_organization_keeps_nothing(stage: Stage) -> None:
    _hold(stage, stage.other)
    elsewhere = cast.elsewhere()

    kept = guards.kept(organization_id=elsewhere.organization.id, at=NOON)

    assert kept == guards.Kept()


def test_a_hold_is_asked_of_the_app_and_of_the_worker_alike(stage: Stage) -> None:
    _hold(stage, stage.other)
    one = stage.workspace.organization.id

    app = guards.kept(organization_id=one, at=NOON)

    assert app == guards.kept(organization_id=one, at=NOON, using="sweeper")
    assert app.workspaces == (stage.workspace.public_id,)
    assert stage.other.membership.public_id in app.people


def test_a_run_shuts_out_whoever_changes_what_holds_cover(stage: Stage) -> None:
    with transaction.atomic(using="sweeper"):
        guards.lock(using="sweeper")
        with connections["sweeper"].cursor() as cursor:
            cursor.execute(
                "select mode from pg_locks where pid = pg_backend_pid()"
                " and relation = 'retention_holdscope'::regclass"
            )
            modes = cursor.fetchall()

    assert modes == [("ShareLock",)]
