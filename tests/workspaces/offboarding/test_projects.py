"""A removed member's projects go to who sees them already, or go with the member."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from audit.log.models import AuditEntry
from kit import clock
from kit.departures import Projects
from kit.permissions import PermissionDenied
from retention.holds import services as holds
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, staged
from tests.workspaces.access.making import a_role, assign
from workspaces.groups.models import Group, GroupMember
from workspaces.offboarding import services
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services.leaving import NoSuccessor
from workspaces.projects import services as projects
from workspaces.projects.models import Project, ProjectShare, ShareRight


@pytest.fixture
def stage(db: None) -> Iterator[Stage]:
    """A workspace at noon, with the member who leaves."""
    with clock.fixed_at(NOON):
        yield staged(cast.workspace())


def made(stage: Stage, name: str = "Harbor pilot") -> Project:
    with stage.scope():
        return projects.create(
            actor=stage.member.actor,
            workspace=stage.workspace,
            member=stage.member.membership,
            name=name,
            instructions="Secret",
            at=NOON,
        )


def shared(
    stage: Stage,
    project: Project,
    whom: Person | Group,
    *,
    right: ShareRight = ShareRight.USE,
    days: int = 0,
) -> None:
    who: dict[str, Any] = (
        {"group": whom} if isinstance(whom, Group) else {"membership": whom.membership}
    )
    with stage.scope():
        ProjectShare.objects.create(
            workspace_id=stage.workspace.id,
            project=project,
            right=right,
            shared_at=NOON + timedelta(days=days),
            **who,
        )


def remove(stage: Stage, **wanted: Any) -> dict[str, int]:
    report = services.offboard(
        actor=cast.owner(stage.workspace).actor,
        workspace=stage.workspace,
        member=stage.member.membership.public_id,
        departure=wanted.pop("departure", Departure.REMOVED),
        at=NOON,
        **wanted,
    )
    return {one["name"]: one["count"] for one in report.steps}


def row(stage: Stage, project: Project) -> Project:
    with stage.scope():
        return Project.objects.get(pk=project.pk)


def test_a_shared_one_goes_to_who_may_edit_it_the_longest(stage: Stage) -> None:
    project = made(stage)
    reader, late, early = (
        cast.person(stage.workspace, f"{name}@halden.example")
        for name in ("reader", "late", "early")
    )
    shared(stage, project, reader)
    shared(stage, project, late, right=ShareRight.EDIT, days=2)
    shared(stage, project, early, right=ShareRight.EDIT, days=1)

    steps = remove(stage)

    found = row(stage, project)
    assert (found.owner_id, found.deleted_at) == (early.membership.pk, None)
    assert steps["projects"] == 1
    with stage.scope():
        people = ProjectShare.objects.values_list("membership_id", flat=True)
        assert set(people) == {reader.membership.pk, late.membership.pk}
        leaves = [bytes(one.leaf).decode() for one in AuditEntry.objects.all()]
    assert any("workspaces.project.handed-over" in leaf for leaf in leaves)


def test_the_named_successor_comes_first_where_they_see_it(stage: Stage) -> None:
    seen, unseen = made(stage), made(stage, "Another")
    reader, editor = (
        cast.person(stage.workspace, f"{name}@halden.example")
        for name in ("reader", "editor")
    )
    shared(stage, seen, reader)
    shared(stage, seen, editor, right=ShareRight.EDIT)
    shared(stage, unseen, editor)

    remove(stage, successor=reader.membership.public_id)

    assert row(stage, seen).owner_id == reader.membership.pk
    assert row(stage, unseen).owner_id == editor.membership.pk


def test_nobody_gets_to_see_a_private_one(stage: Stage) -> None:
    project = made(stage)
    heir = cast.admin(stage.workspace)

    remove(stage, successor=heir.membership.public_id)

    found = row(stage, project)
    assert found.owner_id == stage.member.membership.pk
    assert (found.deleted_at, found.deleted_by) == (NOON, "departure")
    with stage.scope():
        leaves = [bytes(one.leaf).decode() for one in AuditEntry.objects.all()]
    assert any("retention.project.deleted" in leaf for leaf in leaves)


def test_one_shared_with_a_group_goes_to_somebody_of_it(stage: Stage) -> None:
    project = made(stage)
    heir = cast.person(stage.workspace, "crew@halden.example")
    with stage.scope():
        group = Group.objects.create(
            workspace_id=stage.workspace.id,
            name="Crew",
            folded_name="crew",
            source="portal",
            created_at=NOON,
        )
        for one in (stage.member, heir):
            GroupMember.objects.create(
                workspace_id=stage.workspace.id,
                group=group,
                subject=one.membership.public_id,
                membership=one.membership,
            )
    shared(stage, project, group)

    remove(stage)

    assert row(stage, project).owner_id == heir.membership.pk


def test_all_go_where_that_was_chosen(stage: Stage) -> None:
    project = made(stage)
    shared(stage, project, cast.admin(stage.workspace), right=ShareRight.EDIT)

    remove(stage, projects=Projects.DELETE)

    assert row(stage, project).deleted_at == NOON


def test_who_is_suspended_keeps_theirs(stage: Stage) -> None:
    project = made(stage)

    remove(stage, departure=Departure.SUSPENDED)

    assert row(stage, project).deleted_at is None


def test_a_successor_must_be_another_active_member(stage: Stage) -> None:
    with pytest.raises(NoSuccessor):
        remove(stage, successor=stage.member.membership.public_id)
    with stage.scope():
        stage.member.membership.refresh_from_db()
    assert stage.member.membership.status == "active"


def test_the_page_offers_the_choice(stage: Stage) -> None:
    project = made(stage)
    owner = cast.owner(stage.workspace).client()
    member = stage.member.membership
    url = f"/w/{stage.workspace.slug}/members/{member.public_id}/remove/"
    sent = {"typed_name": member.email, "reason": "left", "projects": "delete"}

    page = owner.get(url).content.decode()
    refused = owner.post(url, {**sent, "successor": "nobody@halden.example"})
    owner.post(url, sent)

    assert "Hand shared ones to who sees them already" in page
    assert refused.status_code == 422
    assert row(stage, project).deleted_at is not None


def test_what_a_hold_covers_stays_where_the_hold_finds_it(stage: Stage) -> None:
    private, project = made(stage), made(stage, "Shared")
    shared(stage, project, cast.admin(stage.workspace), right=ShareRight.EDIT)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        membership_ids=[stage.member.membership.pk],
        at=NOON,
    )

    remove(stage)

    kept, hidden = row(stage, project), row(stage, private)
    assert (kept.owner_id, kept.deleted_at) == (stage.member.membership.pk, None)
    assert hidden.owner_id == stage.member.membership.pk
    assert hidden.deleted_at == NOON


def test_only_who_may_reassign_gpts_names_a_successor(stage: Stage) -> None:
    """Else whoever may remove members would read the GPTs of those removed."""
    granted = a_role(
        stage.workspace, "Helpdesk", grants=("members.view", "members.manage")
    )
    helper = cast.person(stage.workspace, "helper@halden.example")
    assign(stage.workspace, granted, membership=helper.membership)
    member = stage.member.membership
    url = f"/w/{stage.workspace.slug}/members/{member.public_id}/remove/"

    page = helper.client().get(url).content.decode()
    with pytest.raises(PermissionDenied):
        services.offboard(
            actor=helper.actor,
            workspace=stage.workspace,
            member=member.public_id,
            departure=Departure.REMOVED,
            successor=helper.membership.public_id,
            at=NOON,
        )

    assert "Their projects" in page
    assert "Who takes over" not in page
