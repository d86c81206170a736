"""An API key: issued within one's own rights, rotated, revoked, dead with its owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from kit import scoping
from kit.permissions import Permission, PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.keys import selectors
from workspaces.keys.models import ApiKey
from workspaces.keys.networks import BadNetwork
from workspaces.keys.scopes import Scope
from workspaces.keys.selectors import UnknownKey
from workspaces.keys.services import api_keys
from workspaces.keys.services.api_keys import (
    IssuedKey,
    ScopeIsAboveYours,
    ScopeNotOnThisPlan,
    UnknownScope,
)
from workspaces.keys.services.lives import AlreadyRotated, BadLife
from workspaces.keys.services.replay import BadIdempotencyKey, IdempotencyKeyIsTaken
from workspaces.members import acting, services
from workspaces.members.models import User
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.models import OrganizationAdministrator
from workspaces.tenancy.naming import BadName
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def where() -> WorkspaceRef:
    cache.clear()
    return cast.workspace()


def issue(where: WorkspaceRef, **options: Any) -> IssuedKey:
    options = {
        "actor": cast.owner(where).actor,
        "workspace": where,
        "name": "Nightly export",
        "scopes": ["compliance.read"],
        "at": NOON,
        **options,
    }
    return api_keys.issue(organization=where.organization, **options)


def found(issued: IssuedKey, at: Any = NOON) -> Any:
    return selectors.presented_key(secret=str(issued.secret), at=at)


def test_a_presented_key_says_whose_it_is_and_what_it_may(where: WorkspaceRef) -> None:
    issued = issue(where)

    key = found(issued)

    assert (key.workspace, key.organization) == (where, where.organization)
    assert key.scopes == {Scope.COMPLIANCE_READ}
    assert key.permissions == {Permission.COMPLIANCE_READ}
    assert key.owner == cast.owner(where).user.public_id


def test_the_operator_issues_keys_that_belong_to_nobody(where: WorkspaceRef) -> None:
    issued = issue(where, actor=OPERATOR, scopes=["all"])

    key = found(issued)

    assert key.owner is None
    assert key.scopes == set(Scope)


def test_all_is_what_the_issuer_may(where: WorkspaceRef) -> None:
    issued = issue(where, actor=cast.admin(where).actor, scopes=["all"])

    assert found(issued).scopes == {
        Scope.ADMIN_READ,
        Scope.MANAGE_READ,
        Scope.MANAGE_WRITE,
        Scope.INTAKE_WRITE,
        Scope.DECISIONS_ASK,
        Scope.CONNECTORS_RELEASE,
    }


@pytest.mark.parametrize(
    "scope", ["compliance.read", "compliance.delete", "admin.write", "audit.read"]
)
def test_an_admin_issues_nothing_above_their_own(
    where: WorkspaceRef, scope: str
) -> None:
    with pytest.raises(ScopeIsAboveYours, match=scope):
        issue(where, actor=cast.admin(where).actor, scopes=["admin.read", scope])


def test_a_team_workspace_has_no_compliance_api(where: WorkspaceRef) -> None:
    team = cast.workspace(slug="halden-team", name="Team", plan="team")

    with pytest.raises(ScopeNotOnThisPlan):
        issue(team, actor=OPERATOR)
    every = found(issue(team, actor=OPERATOR, scopes=["all"]))

    assert {Scope.COMPLIANCE_READ, Scope.COMPLIANCE_DELETE}.isdisjoint(every.scopes)


@pytest.mark.parametrize("verb", ["suspend", "remove"])
def test_a_key_dies_with_its_owner_and_stays_dead(
    where: WorkspaceRef, verb: str
) -> None:
    person = cast.admin(where)
    issued = issue(where, actor=person.actor, scopes=["admin.read"])
    end = {"actor": OPERATOR, "workspace": where, "at": NOON}

    getattr(services, verb)(member=person.membership.public_id, **end)
    assert found(issued) is None

    if verb == "suspend":
        services.reactivate(member=person.membership.public_id, **end)
    else:
        cast.admin(where)
    assert found(issued) is None


def test_a_key_dies_with_an_account_that_is_switched_off(where: WorkspaceRef) -> None:
    issued = issue(where)

    User.objects.filter(email="mara.lindqvist@halden.example").update(is_active=False)

    assert found(issued) is None


def test_a_key_shrinks_when_its_owner_is_demoted(where: WorkspaceRef) -> None:
    second = cast.person(where, "second@halden.example", cast.Role.OWNER)
    issued = issue(where, actor=second.actor, scopes=["compliance.read", "manage.read"])

    services.change_role(
        actor=OPERATOR,
        workspace=where,
        member=second.membership.public_id,
        role="admin",
        at=NOON,
    )

    assert found(issued).scopes == {Scope.MANAGE_READ}


def test_a_key_of_the_organization_dies_with_its_owners_part(
    where: WorkspaceRef,
) -> None:
    mara = User.objects.get(email="mara.lindqvist@halden.example")
    runs = tenants.administrations_of(user_id=mara.pk)[0]
    actor = acting.in_organization(user=mara, administration=runs)
    issued = issue(where, actor=actor, workspace=None, scopes=["all"])
    assert found(issued).workspace is None
    # Connectors are a workspace's: nobody hands out tokens for an organization.
    assert found(issued).scopes == set(Scope) - {Scope.CONNECTORS_RELEASE}

    with scoping.organization(organization_id=where.organization.id):
        row = OrganizationAdministrator.objects.get()
        row.delete()
        row.pk = None
        row.save()

    assert found(issued) is None


def test_rotation_leaves_the_old_key_for_some_hours(where: WorkspaceRef) -> None:
    old = issue(where)
    again = {
        "actor": cast.owner(where).actor,
        "organization": where.organization,
        "workspace": where,
        "key": old.row.public_id,
    }

    new = api_keys.rotate(**again, overlap_hours=2, at=NOON + DAY)

    assert found(old, NOON + DAY + timedelta(hours=1))
    assert found(old, NOON + DAY + timedelta(hours=2)) is None
    assert found(new, NOON + 90 * DAY).scopes == {Scope.COMPLIANCE_READ}
    with pytest.raises(AlreadyRotated):
        api_keys.rotate(**again, at=NOON + DAY)


def test_an_admin_rotates_no_key_above_their_own(where: WorkspaceRef) -> None:
    issued = issue(where)

    with pytest.raises(ScopeIsAboveYours):
        api_keys.rotate(
            actor=cast.admin(where).actor,
            organization=where.organization,
            workspace=where,
            key=issued.row.public_id,
            at=NOON,
        )

    assert found(issued, NOON + 89 * DAY)


def test_a_revoked_key_opens_nothing(where: WorkspaceRef) -> None:
    issued = issue(where, idempotency_key="once")
    what = {"organization": where.organization, "workspace": where}

    for _twice in range(2):
        api_keys.revoke(
            actor=cast.admin(where).actor, key=issued.row.public_id, at=NOON, **what
        )

    assert found(issued) is None
    assert issue(where, idempotency_key="once").secret is None


def test_a_key_of_the_organization_is_none_of_the_workspace(
    where: WorkspaceRef,
) -> None:
    issued = issue(where, actor=OPERATOR, workspace=None)

    with pytest.raises(UnknownKey):
        api_keys.revoke(
            actor=OPERATOR,
            organization=where.organization,
            workspace=where,
            key=issued.row.public_id,
            at=NOON,
        )


def test_a_repeated_issue_is_the_same_one(where: WorkspaceRef) -> None:
    first = issue(where, idempotency_key="deploy-7")

    soon = issue(where, idempotency_key="deploy-7", at=NOON + timedelta(minutes=9))
    late = issue(where, idempotency_key="deploy-7", at=NOON + DAY)

    assert soon.row == late.row == first.row
    assert (soon.secret, late.secret) == (first.secret, None)
    with pytest.raises(IdempotencyKeyIsTaken):
        issue(where, idempotency_key="deploy-7", scopes=["audit.read"])


def test_what_waits_for_a_repetition_is_sealed(where: WorkspaceRef) -> None:
    issued = issue(where, idempotency_key="deploy-7")

    kept = cache.get(f"issued-secret:{issued.row.public_id}")

    assert str(issued.secret).encode() not in kept


def test_a_use_is_noted_once_in_a_while(where: WorkspaceRef) -> None:
    issued = issue(where)

    for minute in (0, 1, 6):
        at = NOON + timedelta(minutes=minute)
        api_keys.note_use(key=found(issued, at), at=at)
        with scoping.organization(organization_id=where.organization.id):
            noted = ApiKey.objects.get().last_used_at
        assert noted == (NOON if minute < 5 else at)


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"scopes": []}, UnknownScope),
        ({"scopes": ["everything"]}, UnknownScope),
        ({"scopes": ["all", "audit.read"]}, UnknownScope),
        ({"days": 366}, BadLife),
        ({"days": -1}, BadLife),
        ({"name": ""}, BadName),
        ({"allowed_networks": ["::1/0"]}, BadNetwork),
        ({"idempotency_key": "x" * 256}, BadIdempotencyKey),
    ],
)
def test_bad_input_issues_nothing(
    where: WorkspaceRef, options: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        issue(where, **options)

    with scoping.organization(organization_id=where.organization.id):
        assert not ApiKey.objects.exists()


def test_a_compliance_officer_may_not(where: WorkspaceRef) -> None:
    with pytest.raises(PermissionDenied):
        issue(where, actor=cast.officer(where).actor)
