"""After an erasure no table says who it was, opened with every key that is left.

One person does something in every slice and is removed and erased. Every row of both
databases is then read as the superuser reads it, what is sealed is opened with each
key that the vault still has, and all of it is searched.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.db import connections

from audit.denials import services as denials
from audit.erasure import services as log_erasure
from audit.erasure.models import AuditErasure
from audit.exports import services as exports
from audit.exports.models import AuditExport
from audit.log import sequencer
from kit import blobs
from retention.erasure import adapters, selectors, services
from retention.sweeps import services as sweeps
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage
from tests.retention.erasure import dumps, lives
from tests.retention.erasure.dumps import Places
from tests.retention.erasure.lives import EMAIL, NAME, WORDS
from workspaces.connectors.services import revoking
from workspaces.jobs.models import Job
from workspaces.keys.models import ApiKey
from workspaces.members.models import Membership
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard

AFTER = NOON + timedelta(days=9)
STAYS = {
    # The organization's record of a legal matter.
    "retention_hold.matter",
    "retention_releaserequest.reason",
    # Handed over when they were removed: what these say is their new owner's.
    "workspaces_gptversion.summary",
    "workspaces_gptversion.config",
    "workspaces_project.name",
    "workspaces_project.instructions",
}


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch) -> Places:
    return Places(monkeypatch)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.CUSTOS_BLOB_URL = f"file://{tmp_path}/blobs"
    return tmp_path / "blobs"


@pytest.fixture
def lena(stage: Stage, valkey: redis.Redis) -> Person:
    return lives.lived(stage)


@pytest.fixture
def saying(places: Places, folder: Path, valkey: redis.Redis) -> Any:
    def found() -> set[str]:
        return dumps.saying(WORDS, places=places, blobs=folder, valkey=valkey)

    return found


def _erase(stage: Stage, person: Person) -> Any:
    offboard(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        member=person.membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )
    stage.set_policy(None, undo=0, at=NOON - timedelta(days=400))
    asked = services.request_of_leaver(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        member=person.membership,
        reason=f"{NAME} asked by letter",
        from_log=True,
        at=NOON,
    )
    services.work_due(at=NOON)
    _revoke(stage)
    stage.sweep(at=AFTER)
    denials.close_due(at=AFTER)
    services.work_due(at=AFTER)
    return asked


def _revoke(stage: Stage) -> None:
    """Asks the app to revoke, which cannot be reached here, until that is given up."""
    for hours in range(0, 48, 2):
        revoking.make_due(clock=lambda at=NOON + timedelta(hours=hours): at)


def _end(stage: Stage, *, at: datetime = AFTER) -> AuditErasure:
    sequencer.run(at=at)
    log_erasure.work_due(at=at)
    exports.work_due(clock=lambda: at)
    sweeps.destroy_doomed(at=at)
    sequencer.run(at=at)
    with stage.scope():
        return AuditErasure.objects.get()


def test_nothing_says_who_the_person_was(
    stage: Stage, lena: Person, saying: Any, caplog: pytest.LogCaptureFixture
) -> None:
    before = saying()

    asked = _erase(stage, lena)
    ended = _end(stage)

    assert before >= {
        "audit_denial.sealed",
        "audit_detail.sealed",
        "audit_incident.owner",
        "audit_incident_step.sealed",
        "audit_saved_view.name",
        "audit_stream.name",
        "blob store",
        "retention_hold.matter",
        "retention_matterexport.sealed",
        "retention_releaserequest.reason",
        "socialaccount_socialaccount.uid",
        "socialaccount_socialaccount.extra_data",
        "workspaces_apikey.name",
        "workspaces_connectorgrant.account_domain",
        "workspaces_connectorgrant.sealed_account",
        "workspaces_connectorgrant.sealed_tokens",
        "workspaces_conversation.title",
        "workspaces_gptfile.sealed",
        "workspaces_gptversion.config",
        "workspaces_gptversion.summary",
        "workspaces_invitation.email",
        "workspaces_job.arguments",
        "workspaces_joinrequest.email",
        "workspaces_membership.email",
        "workspaces_memory.sealed",
        "workspaces_notice.email",
        "workspaces_notice.text",
        "workspaces_project.name",
        "workspaces_projectfile.sealed",
        "workspaces_scimresource.document",
        "workspaces_scimresource.external_id",
        "workspaces_signinattempt.received",
        "workspaces_signinsession.ip",
        "workspaces_user.email",
    }, before
    assert ended.state == "done"
    left = saying()
    assert sorted(left ^ STAYS) == []
    assert not [one for one in WORDS if one in caplog.text.casefold()]
    with stage.scope():
        assert selectors.erasure_by_public_id(public_id=asked.public_id).state == "done"
        assert AuditExport.objects.get().state == "expired"
        (row,) = Membership.objects.filter(pk=lena.membership.pk)
        key = ApiKey.objects.get()
    assert (key.name, key.networks) == (key.hint, [])
    assert row.email == f"{row.public_id}@erased.invalid"


def test_what_is_planted_beside_the_tables_is_found(
    stage: Stage, lena: Person, saying: Any, valkey: redis.Redis
) -> None:
    """The search of blobs and Valkey could find what the erasure must not leave."""
    assert "valkey" not in saying()
    valkey.hset("some-cache", mapping={"who": EMAIL})
    blobs.store().put(uuid4(), [b"as clear as Okafor"])

    assert {"valkey", "blob store"} <= saying()


def test_a_membership_that_comes_at_the_end_keeps_them(
    stage: Stage, lena: Person
) -> None:
    _erase(stage, lena)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "update workspaces_membership set status = 'suspended' where id = %s",
            [lena.membership.pk],
        )
        cursor.execute(
            "select custos_forget_person(%s, %s, %s, %s)",
            [
                stage.workspace.organization.id,
                lena.user.public_id,
                [EMAIL],
                AFTER,
            ],
        )
        (why,) = cursor.fetchone()

    ended = _end(stage)

    assert (why, ended.state) == ("member", "held")
    with stage.scope():
        assert Membership.objects.get(pk=lena.membership.pk).email == EMAIL


def test_a_list_that_is_worked_through_is_waited_for(
    stage: Stage, lena: Person
) -> None:
    with stage.scope():
        job = Job.objects.create(
            organization_id=stage.workspace.organization.id,
            workspace_id=stage.workspace.id,
            kind="invitations.send",
            title="Invite 3 people",
            requested_by=stage.owner.actor.id,
            created_at=NOON,
        )
    _erase(stage, lena)

    waits = _end(stage)
    with stage.scope():
        Job.objects.filter(pk=job.pk).update(state="done", ended_at=AFTER)
    ended = _end(stage, at=AFTER + timedelta(minutes=5))

    assert (waits.state, ended.state) == ("held", "done")


def test_who_runs_the_organization_stays_in_its_log(stage: Stage) -> None:
    person = str(stage.owner.user.public_id)
    with stage.scope():
        Membership.objects.filter(pk=stage.owner.membership.pk).update(status="removed")

    why = adapters.why_they_stay(stage.workspace.organization.id, person, NOON)

    assert "owner or admin of the organization" in why


def test_who_is_let_in_again_has_their_name_and_address_back(stage: Stage) -> None:
    with stage.scope():
        Membership.objects.filter(pk=stage.other.membership.pk).update(
            status="removed", email="gone@erased.invalid", name=""
        )

    back = cast.person(stage.workspace, stage.other.user.email)

    assert back.membership.pk == stage.other.membership.pk
    assert back.membership.email == stage.other.user.email
