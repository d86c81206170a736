"""What the database itself refuses about GPTs."""

import re
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from kit import vault
from kit.ids import new_uuid
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.gpts import studio
from workspaces.gpts import services
from workspaces.gpts.models import (
    ActionDomain,
    Gpt,
    GptFile,
    GptReview,
    GptShare,
    GptVersion,
    ThirdPartyApproval,
)
from workspaces.gpts.rules import Rights
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

BROKEN: list[tuple[type[models.Model], dict[str, Any], str]] = [
    (Gpt, {"visibility": "galaxy"}, "gpt_visibility_known"),
    (Gpt, {"visibility": "gpt_store"}, "gpt_public_in_a_reviewed_version"),
    (Gpt, {"public_number": 1}, "gpt_public_in_a_reviewed_version"),
    (
        Gpt,
        {"visibility": "gpt_store", "public_number": 2},
        "gpt_public_version_exists",
    ),
    (Gpt, {"is_unassigned": True}, "gpt_unassigned_with_its_owner"),
    (Gpt, {"recipient_count": 200, "editor_count": 101}, "gpt_editors_at_most_100"),
    (Gpt, {"editor_count": 50}, "gpt_editors_among_recipients"),
    (Gpt, {"deleted_at": NOON}, "gpt_deleted_who_and_when"),
    (GptShare, {"membership_id": None}, "gpt_share_with_one"),
    (
        GptShare,
        {"can_write": True, "can_view_config": False},
        "gpt_share_rights_nested",
    ),
    (GptShare, {"can_read": False}, "gpt_share_rights_nested"),
    (GptReview, {"state": "eaten"}, "gpt_review_(state_known|ended|by_whom)"),
    (GptReview, {"wanted": "workspace"}, "gpt_review_for_the_public"),
    (GptReview, {"decided_at": NOON}, "gpt_review_ended_with_its_state"),
    (
        GptReview,
        {"state": "approved", "decided_at": NOON},
        "gpt_review_by_whom",
    ),
    (
        GptReview,
        {"state": "approved", "decided_at": NOON, "reviewer_id": "requester"},
        "gpt_review_by_another",
    ),
    (
        GptReview,
        {"state": "rejected", "decided_at": NOON, "reviewer_id": "other"},
        "gpt_review_says_why",
    ),
    (ActionDomain, {"domain": "com"}, "action_domain_shape"),
    (ActionDomain, {"domain": "Halden.example"}, "action_domain_shape"),
    (ThirdPartyApproval, {"withdrawn_at": NOON}, "third_party_withdrawn_who_and_when"),
]
TWICE: list[tuple[type[models.Model], str]] = [
    (GptVersion, "gpt_version_number_once"),
    (GptShare, "gpt_share_person_once"),
    (GptReview, "gpt_review_one_at_a_time"),
    (ActionDomain, "action_domain_once"),
    (ThirdPartyApproval, "third_party_approved_once"),
]


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def gpt(where: WorkspaceRef, jun: Person) -> Gpt:
    """With a share, a waiting review, a rule and an approval beside it."""
    admin, noor = cast.admin(where), cast.analyst(where)
    made = studio.make(jun)
    services.give(
        actor=jun.actor,
        workspace=where,
        gpt=made.public_id,
        rights=Rights.named("read"),
        email=noor.user.email,
        at=NOON,
    )
    with studio.opened(where):
        GptReview.objects.create(
            workspace_id=where.id,
            gpt_id=made.pk,
            number=1,
            wanted="gpt_store",
            requester_id=jun.membership.pk,
            requested_at=NOON,
        )
    about = {"actor": admin.actor, "workspace": where, "at": NOON}
    services.allow_domain(**about, domain="halden.example")
    services.approve_third_party(**about, external_id="g-poet", name="Poet")
    return made


@pytest.mark.parametrize(("model", "change", "name"), BROKEN)
def test_a_broken_rule_is_refused_by_its_name(
    where: WorkspaceRef,
    gpt: Gpt,
    jun: Person,
    model: Any,
    change: dict[str, Any],
    name: str,
) -> None:
    people = {
        "requester": jun.membership.pk,
        "other": cast.admin(where).membership.pk,
    }
    if change.get("reviewer_id"):
        change = {**change, "reviewer_id": people[change["reviewer_id"]]}

    with (
        studio.opened(where),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        model.objects.update(**change)


@pytest.mark.parametrize(("model", "name"), TWICE)
def test_a_second_one_is_refused_by_its_name(
    where: WorkspaceRef, gpt: Gpt, model: Any, name: str
) -> None:
    with studio.opened(where):
        row = model.objects.get()
        row.pk = None
        row._state.adding = True
        if hasattr(row, "public_id"):
            row.public_id = new_uuid()
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            row.save(force_insert=True)


@pytest.mark.parametrize("using", ["owner"])
def test_a_version_is_never_changed_by_whomever(
    where: WorkspaceRef, gpt: Gpt, using: str
) -> None:
    with (
        studio.opened(where),
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
    ):
        GptVersion.objects.update(number=2)
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_trigger where tgname = 'gpt_version_is_immutable'"
        )
        assert cursor.fetchone() == (1,)


def test_the_app_deletes_no_gpt(where: WorkspaceRef, gpt: Gpt) -> None:
    for model in (Gpt, GptVersion, GptFile, GptReview):
        with (
            studio.opened(where),
            pytest.raises(Exception, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"delete from {model._meta.db_table}")


@pytest.mark.parametrize("column", ["owner_id", "original_owner_id"])
def test_an_owner_is_of_the_same_workspace(
    where: WorkspaceRef, gpt: Gpt, column: str
) -> None:
    stranger = cast.person(cast.elsewhere(), "vera@brennan.example").membership
    change = {column: stranger.pk, "is_unassigned": column != "owner_id"}

    with studio.opened(where), pytest.raises(IntegrityError, match=re.escape(column)):
        Gpt.objects.update(**change)


def test_a_gpt_takes_no_old_key(where: WorkspaceRef, gpt: Gpt, jun: Person) -> None:
    key = vault.make_keys(parent=None)[0]

    with (
        studio.opened(where),
        pytest.raises(DatabaseError, match="older than one hour"),
        transaction.atomic(),
    ):
        Gpt.objects.create(
            workspace_id=where.id,
            owner_id=jun.membership.pk,
            plan_written=where.plan,
            key_id=key.id,
            key_made_at=NOON,
            created_at=NOON,
            updated_at=NOON,
        )
