"""Whether a member may use a connector: every yes and no with its reason and trail."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from workspaces.access.models import Baseline, CustomRole, RoleAssignment
from workspaces.access.verdicts import Verdict, Where
from workspaces.connectors import selectors
from workspaces.connectors.selectors import UnknownConnector
from workspaces.groups.models import Group, GroupMember, Source
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


def decide(
    person: Person, action: str = "", connector: str = "google-drive"
) -> Verdict:
    with opened(person.workspace):
        member = Membership.objects.get(pk=person.membership.pk)
        return selectors.decide(member=member, connector=connector, action=action)


def said(verdict: Verdict) -> dict[str, str]:
    return {
        one.name: str(one.said) for one in verdict.trail if one.where is Where.RESOURCE
    }


def deciding(verdict: Verdict) -> list[str]:
    return [one.name or one.where.value for one in verdict.trail if one.decided]


def test_it_may_once_everything_agrees(jun: Person, set_up: SetUp) -> None:
    set_up(ask="important")
    linked(jun)

    verdict = decide(jun, "files.read")

    assert verdict.allowed
    assert verdict.value == "important"
    assert "without asking" in verdict.reason
    assert said(verdict) == {
        "allowed": "on",
        "audience": "everybody",
        "linked": "yes",
        "action": "all",
        "ask": "important",
    }


def test_an_important_action_asks_first(jun: Person, set_up: SetUp) -> None:
    set_up(ask="important")
    linked(jun)

    assert "has been asked" in decide(jun, "files.share").reason


def test_enterprise_begins_with_every_connector_off(jun: Person) -> None:
    verdict = decide(jun)

    assert not verdict.allowed
    assert verdict.reason == "Google Drive is disabled by an admin."
    assert deciding(verdict) == ["baseline", "allowed"]


def test_team_begins_with_every_connector_on() -> None:
    where = cast.workspace(plan="team")
    jun = cast.member(where)

    verdict = decide(jun)

    assert "has not signed in to Google Drive" in verdict.reason
    assert said(verdict)["allowed"] == "on"


def test_without_the_feature_nothing_of_it(jun: Person, set_up: SetUp) -> None:
    set_up()
    linked(jun)
    with opened(jun.workspace):
        Baseline.objects.update(value="off")

    verdict = decide(jun)

    assert not verdict.allowed
    assert verdict.reason == "“Connectors” is off. Set by the workspace."
    assert said(verdict)["linked"] == "yes"  # what else was asked is told as well


def test_a_suspended_member_may_not(jun: Person, set_up: SetUp) -> None:
    set_up()
    linked(jun)
    with opened(jun.workspace):
        Membership.objects.filter(pk=jun.membership.pk).update(status="suspended")

    assert "suspended" in decide(jun).reason


def test_it_is_for_its_groups_and_roles(
    jun: Person, where: WorkspaceRef, set_up: SetUp
) -> None:
    linked_group, role = _group(where, jun), _role(where)
    other = _group(where, None, name="Other")
    with opened(where):
        RoleAssignment.objects.create(
            workspace_id=where.id, role=role, group=linked_group, assigned_at=NOON
        )
    set_up(group_ids=(other.pk,))
    linked(jun)
    assert "other roles and groups" in decide(jun).reason

    set_up(group_ids=(other.pk,), role_ids=(role.pk,))

    assert decide(jun).allowed  # by the role that their group carries
    set_up(group_ids=(linked_group.pk,), role_ids=())
    assert decide(jun).allowed


def test_a_deleted_group_lets_nobody_in(
    jun: Person, where: WorkspaceRef, set_up: SetUp
) -> None:
    group = _group(where, jun)
    set_up(group_ids=(group.pk,))
    linked(jun)
    assert decide(jun).allowed
    with opened(where):
        GroupMember.objects.all().delete()
        Group.objects.filter(pk=group.pk).delete()

    assert not decide(jun).allowed


@pytest.mark.parametrize(
    ("settings", "action", "reason"),
    [
        ({}, "files.burn", "has no action “files.burn”"),
        ({"action_control": "read_only"}, "files.delete", "may only read"),
        (
            {"action_control": "custom", "chosen_actions": ("files.read",)},
            "files.search",
            "not among the actions",
        ),
    ],
)
def test_an_action_is_refused_with_its_reason(
    jun: Person, set_up: SetUp, settings: dict[str, object], action: str, reason: str
) -> None:
    set_up(**settings)
    linked(jun)

    verdict = decide(jun, action)

    assert not verdict.allowed
    assert reason in verdict.reason
    assert deciding(verdict)[-1] == "action"


def test_an_account_of_another_domain_is_refused_at_use(
    jun: Person, set_up: SetUp
) -> None:
    set_up(domains=("mün.example",))
    linked(jun, domain="xn--mn-xka.example")
    assert decide(jun).allowed
    set_up(domains=("mün.example",))
    with opened(jun.workspace):
        selectors.working(
            connector_id=selectors.one(connector="google-drive").row.pk
        ).update(account_domain="gmail.example")

    assert "domain that this workspace does not allow" in decide(jun).reason


def test_a_connector_that_is_not_there_is_unknown(jun: Person) -> None:
    with pytest.raises(UnknownConnector):
        decide(jun, connector="carrier-pigeon")


def test_many_questions_about_one_member_cost_one(
    jun: Person, where: WorkspaceRef
) -> None:
    with (
        opened(where),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        found = selectors.standing(member=jun.membership)
        reads = len(asked)
        for slug in found.setups:
            found.verdict(slug)
            found.verdict(slug, "files.read")

    assert len(asked) == reads <= 12


def _group(
    where: WorkspaceRef, person: Person | None, *, name: str = "Kitchen"
) -> Group:
    with opened(where):
        group = Group.objects.create(
            workspace_id=where.id,
            name=name,
            folded_name=name.lower(),
            source=Source.PORTAL,
            created_at=NOON,
        )
        if person:
            GroupMember.objects.create(
                workspace_id=where.id,
                group=group,
                subject=person.membership.public_id,
                membership=person.membership,
            )
    return group


def _role(where: WorkspaceRef) -> CustomRole:
    with opened(where):
        return CustomRole.objects.create(
            workspace_id=where.id, name="Cooks", folded_name="cooks", created_at=NOON
        )
