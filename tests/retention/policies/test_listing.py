"""What a scheduled draft will purge is kept item by item, as its preview counted it."""

from datetime import timedelta
from hashlib import sha256

import pytest

from retention.eligibility.scopes import Scope, ScopeKind
from retention.policies.drafts import services
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import Values
from retention.policies.listing import selectors
from retention.policies.listing.models import PurgeList
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from tests.retention.policies.test_previews import varied

DAY = timedelta(days=1)


def scheduled(stage: Stage, days: int = 45, **more) -> PolicyDraft:
    return services.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=days, undo_days=more.pop("undo_days", 0), **more),
        at=NOON,
    )


def kept(stage: Stage, draft: PolicyDraft) -> PurgeList:
    with stage.scope():
        found = selectors.newest_of(draft=draft)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "kind", ["workspace", "member", "project", "temporary", "files"]
)
def test_it_names_as_many_as_the_preview_counts(patient: Stage, kind: str) -> None:
    varied(patient)
    project = simple.project(patient)
    simple.file(patient, project)
    scope = {
        "workspace": {},
        "member": {"scope": Scope(ScopeKind.MEMBER, patient.member.membership.pk)},
        "project": {"scope": Scope(ScopeKind.PROJECT, project.pk)},
        "temporary": {"content_kind": "temporary_chats", "days": 5},
        "files": {"content_kind": "project_files", "days": 1},
    }[kind]

    made = scheduled(patient, **{"days": 40, **scope})

    found = kept(patient, made)
    assert found.listed_n == made.preview["conversations"]
    assert found.held_n == made.preview["held"]


def test_the_entry_of_the_scheduling_holds_its_digest(patient: Stage, entries) -> None:
    for age in (10, 50, 60, 70):
        patient.conversation(age=age)

    made = scheduled(patient)

    found = kept(patient, made)
    with patient.scope():
        ids = [
            one.public_id.bytes for one in selectors.items(found).order_by("object_id")
        ]
    assert len(ids) == 3
    digest = sha256(b"".join(ids)).hexdigest()
    assert bytes(found.digest).hex() == digest
    (leaf,) = entries(patient, "retention.policy.scheduled")
    assert leaf["digests"]["purge_list"] == digest
    assert leaf["counts"]["listed"] == 3
