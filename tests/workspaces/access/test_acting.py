"""What custom roles grant, people may do from their next request on, and no more."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kit.permissions import Permission
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.workspaces.access.making import a_group, a_role, assign, opened
from workspaces.access.models import RoleAssignment
from workspaces.groups import services as groups
from workspaces.groups.models import Source
from workspaces.groups.storage import Subject
from workspaces.keys import selectors as keys
from workspaces.keys.services import api_keys
from workspaces.members import services as members
from workspaces.roles.matrix import GRANTABLE, Role, grantable_on
from workspaces.tenancy.plans import Plan
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

P = Permission


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.mark.parametrize("way", ["directly", "through a group"])
def test_a_grant_opens_the_page_at_the_next_request(
    where: WorkspaceRef, jun: Person, way: str
) -> None:
    browser, url = jun.client(), reverse("retention:holds", args=[where.slug])
    assert browser.get(url).status_code == 403
    role = a_role(where, "Auditors", grants=("holds.view",))
    to = {"membership": jun.membership}
    if way != "directly":
        to = {"group": a_group(where, "Audit", jun.membership)}

    assign(where, role, **to)
    after = browser.get(url).status_code
    with opened(where):
        RoleAssignment.objects.all().delete()
    at_last = browser.get(url).status_code

    assert (after, at_last) == (200, 403)


def test_a_grant_leads_its_holder_to_the_page(where: WorkspaceRef, jun: Person) -> None:
    browser, link = jun.client(), f'href="/w/{where.slug}/holds/"'
    before = browser.get("/me/").content.decode()

    assign(
        where,
        a_role(where, "Auditors", grants=("holds.view",)),
        membership=jun.membership,
    )
    after = browser.get("/me/").content.decode()

    assert link not in before
    assert link in after


def test_it_costs_no_query_more(where: WorkspaceRef, jun: Person) -> None:
    browser, url = jun.client(), reverse("retention:my-data")
    browser.get(url)
    with CaptureQueriesContext(connection) as before:
        browser.get(url)
    group = a_group(where, "Audit", jun.membership)
    assign(where, a_role(where, "Auditors", grants=("holds.view",)), group=group)

    with CaptureQueriesContext(connection) as after:
        browser.get(url)

    assert len(after) == len(before)


def test_a_refusal_still_says_the_truth(where: WorkspaceRef, jun: Person) -> None:
    role = a_role(where, "Auditors", grants=("holds.view",))
    assign(where, role, membership=jun.membership)

    refused = jun.actor.may(P.HOLDS_MANAGE)

    assert jun.actor.may(P.HOLDS_VIEW)
    assert refused.reason == (
        "“Place and release legal holds” is not part of your role here (Member, with "
        "custom roles). Who can: Owner, Compliance officer. A custom role can grant "
        "it, too."
    )


def test_nothing_beyond_the_plan_is_granted() -> None:
    where = cast.workspace(plan="team")
    jun = cast.member(where)
    role = a_role(where, "Setters", grants=("policies.manage", "holds.view"))

    assign(where, role, membership=jun.membership)

    assert P.POLICIES_MANAGE not in jun.actor.permissions
    assert P.HOLDS_VIEW in jun.actor.permissions


def test_what_no_role_may_grant() -> None:
    assert not GRANTABLE & {
        P.ROLES_MANAGE,
        P.ORGANIZATION_VIEW,
        P.ORGANIZATION_MANAGE,
        P.OPERATOR,
        P.COMPLIANCE_READ,
        P.COMPLIANCE_DELETE,
        P.CONNECTORS_RELEASE,
    }
    assert not grantable_on(Plan.API) & {P.GPTS_VIEW, P.CONNECTORS_VIEW}


def test_an_admin_ends_nobody_who_may_do_more_through_a_role(
    where: WorkspaceRef, jun: Person
) -> None:
    tomasz, member = cast.admin(where), jun.membership.public_id
    role = a_role(where, "Holders", grants=("holds.manage",))
    assign(where, role, membership=jun.membership)

    with pytest.raises(members.RoleIsAboveYours):
        members.suspend(actor=tomasz.actor, workspace=where, member=member, at=NOON)

    owner = cast.owner(where).actor
    members.suspend(actor=owner, workspace=where, member=member, at=NOON)


@pytest.mark.parametrize("act", ["join", "leave"])
def test_a_group_that_gives_more_is_not_for_an_admin(
    where: WorkspaceRef, jun: Person, act: str
) -> None:
    """Else an admin would give themselves, by a group, what no owner gave them."""
    tomasz = cast.admin(where)
    group = a_group(where, "Legal", jun.membership)
    assign(where, a_role(where, "Holders", grants=("holds.manage",)), group=group)
    mine = Subject(id=tomasz.membership.public_id, membership_id=tomasz.membership.pk)
    changes = {
        "join": groups.MemberChange(adds=(mine,)),
        "leave": groups.MemberChange(removes=frozenset({jun.membership.public_id})),
    }

    with pytest.raises(groups.GroupGivesMoreThanYours, match="an owner can change it"):
        groups.change(
            actor=tomasz.actor,
            workspace=where,
            group=group,
            name=group.name,
            members=changes[act],
            may_own=False,
            at=NOON,
        )

    assert P.HOLDS_MANAGE not in tomasz.actor.permissions


def test_nor_does_an_admin_delete_it(where: WorkspaceRef) -> None:
    tomasz, group = cast.admin(where), a_group(where, "Legal")
    assign(where, a_role(where, "Holders", grants=("holds.manage",)), group=group)

    with pytest.raises(groups.GroupGivesMoreThanYours):
        groups.delete(
            actor=tomasz.actor, workspace=where, group=group, may_own=False, at=NOON
        )


def test_an_admin_keeps_groups_that_give_what_they_have(
    where: WorkspaceRef, jun: Person
) -> None:
    tomasz = cast.admin(where)
    group = groups.create(
        actor=tomasz.actor,
        workspace=where,
        name="Watchers",
        members=groups.MemberChange(),
        source=Source.PORTAL,
        may_own=False,
        at=NOON,
    )
    assign(where, a_role(where, "Viewers", grants=("members.view",)), group=group)
    one = Subject(id=jun.membership.public_id, membership_id=jun.membership.pk)

    groups.change(
        actor=tomasz.actor,
        workspace=where,
        group=group,
        name=group.name,
        members=groups.MemberChange(adds=(one,)),
        may_own=False,
        at=NOON,
    )

    assert P.MEMBERS_VIEW in jun.actor.permissions


def test_who_adds_members_by_a_grant_gives_no_more_than_they_have(
    where: WorkspaceRef, jun: Person
) -> None:
    role = a_role(where, "Recruiters", grants=("members.manage", "members.view"))
    assign(where, role, membership=jun.membership)

    with pytest.raises(members.RoleIsAboveYours):
        members.add(
            actor=jun.actor,
            workspace=where,
            email="ada@halden.example",
            role=Role.ADMIN,
            at=NOON,
        )

    members.add(
        actor=jun.actor,
        workspace=where,
        email="ada@halden.example",
        role=Role.MEMBER,
        at=NOON,
    )


def test_a_key_opens_what_its_owner_holds_through_a_role(
    where: WorkspaceRef, jun: Person
) -> None:
    role = a_role(where, "Readers", grants=("audit.view", "keys.manage"))
    assign(where, role, membership=jun.membership)
    issued = api_keys.issue(
        actor=jun.actor,
        organization=where.organization,
        workspace=where,
        name="Watcher",
        scopes=["audit.read"],
        at=NOON,
    )

    before = keys.presented_key(secret=issued.secret, at=NOON)
    with opened(where):
        RoleAssignment.objects.all().delete()
    after = keys.presented_key(secret=issued.secret, at=NOON)

    assert before is not None
    assert after is not None
    assert before.permissions == {P.AUDIT_VIEW}
    assert after.permissions == frozenset()


def test_the_custom_roles_of_a_deleted_group_are_in_the_entry(
    where: WorkspaceRef, jun: Person
) -> None:
    group = a_group(where, "Legal", jun.membership)
    assign(where, a_role(where, "Holders", grants=("holds.manage",)), group=group)

    groups.delete(actor=OPERATOR, workspace=where, group=group, may_own=False, at=NOON)

    with opened(where):
        assert not RoleAssignment.objects.exists()
