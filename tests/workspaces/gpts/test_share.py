"""Sharing GPTs up to the ceiling, with people and groups, and being refused above."""

from typing import Any

import pytest

from kit.refusals import Refused
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.gpts import studio
from workspaces.access.features import Feature
from workspaces.gpts import selectors, services
from workspaces.gpts.authority import NotAllowed
from workspaces.gpts.models import MOST_EDITORS, Gpt, GptShare
from workspaces.gpts.rules import Rights
from workspaces.gpts.selectors import GptIsGone
from workspaces.gpts.services.sharing import BadRecipient, TooManyEditors, UnknownLevel
from workspaces.groups.models import Group, GroupMember, Source
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

READ, WRITE = Rights.named("read"), Rights.named("write")


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def noor(where: WorkspaceRef) -> Person:
    return cast.analyst(where)


def decide(who: Person, gpt: Gpt, action: str, level: str = "") -> Any:
    with studio.opened(who.workspace):
        return selectors.decide(
            member=who.membership, gpt=gpt.public_id, action=action, wanted_level=level
        )


def give(owner: Person, gpt: Gpt, rights: Rights = READ, **whom: str) -> GptShare:
    return services.give(
        actor=owner.actor,
        workspace=owner.workspace,
        gpt=gpt.public_id,
        rights=rights,
        at=NOON,
        **whom,
    )


def share(owner: Person, gpt: Gpt, level: str) -> Any:
    return services.set_visibility(
        actor=owner.actor,
        workspace=owner.workspace,
        gpt=gpt.public_id,
        level=level,
        at=NOON,
    )


def a_group(where: WorkspaceRef, name: str, *members: Person) -> Group:
    with studio.opened(where):
        group = Group.objects.create(
            workspace_id=where.id,
            name=name,
            folded_name=name.lower(),
            source=Source.PORTAL,
            created_at=NOON,
        )
        for one in members:
            GroupMember.objects.create(
                workspace_id=where.id,
                group=group,
                subject=one.membership.public_id,
                membership=one.membership,
            )
        return group


def test_a_new_gpt_is_its_owners_alone(jun: Person, noor: Person) -> None:
    gpt = studio.make(jun)

    assert gpt.visibility == "invite_only"
    assert decide(jun, gpt, "use").allowed
    refused = decide(noor, gpt, "use")
    assert not refused.allowed
    assert refused.reason == "It is not shared with the member."
    assert any(one.decided for one in refused.trail)


@pytest.mark.parametrize("level", ["workspace_with_link", "workspace"])
def test_the_workspace_uses_what_is_shared_with_it(
    jun: Person, noor: Person, level: str
) -> None:
    gpt = studio.make(jun, level=level)

    assert decide(noor, gpt, "use").allowed
    assert not decide(noor, gpt, "view_config").allowed
    assert not decide(noor, gpt, "edit").allowed
    assert not decide(noor, gpt, "share").allowed


def test_above_the_ceiling_is_refused_with_the_reason(
    where: WorkspaceRef, jun: Person
) -> None:
    studio.ceiling(where, "workspace_with_link")
    gpt = studio.make(jun, level="workspace_with_link")

    with pytest.raises(NotAllowed, match="You may share up to “Workspace, with the li"):
        share(jun, gpt, "workspace")

    assert studio.row(where, gpt.public_id).visibility == "workspace_with_link"
    verdict = decide(jun, gpt, "share", "workspace")
    assert (verdict.allowed, verdict.value) == (False, "workspace_with_link")


@pytest.mark.parametrize("level", ["anyone_with_link", "gpt_store"])
def test_the_public_takes_the_workspaces_switch(
    where: WorkspaceRef, jun: Person, level: str
) -> None:
    studio.ceiling(where, "gpt_store")
    gpt = studio.make(jun)

    with pytest.raises(NotAllowed, match="does not share GPTs with the public"):
        share(jun, gpt, level)


def test_where_nobody_shares_not_even_a_colleague_is_invited(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    studio.ceiling(where, "none")
    gpt = studio.make(jun)

    with pytest.raises(NotAllowed, match="may not share GPTs here"):
        give(jun, gpt, email=noor.user.email)


@pytest.mark.parametrize("level", ["", "none", "everywhere"])
def test_a_level_that_is_none_is_refused(jun: Person, level: str) -> None:
    gpt = studio.make(jun)

    with pytest.raises(UnknownLevel):
        share(jun, gpt, level)


def test_a_colleague_gets_what_they_were_given(jun: Person, noor: Person) -> None:
    gpt = studio.make(jun)

    give(jun, gpt, email=noor.user.email.upper())

    assert decide(noor, gpt, "use").allowed
    assert not decide(noor, gpt, "view_config").allowed
    give(jun, gpt, WRITE, email=noor.user.email)
    assert decide(noor, gpt, "edit").allowed
    found = studio.row(jun.workspace, gpt.public_id)
    assert (found.recipient_count, found.editor_count) == (1, 1)


def test_a_group_gives_to_who_is_in_it(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    a_group(where, "Design", noor)
    gpt = studio.make(jun)

    give(jun, gpt, WRITE, group_name="design")

    verdict = decide(noor, gpt, "edit")
    assert verdict.allowed
    assert "Shared with the group Design" in [one.name for one in verdict.trail]
    assert not decide(cast.officer(where), gpt, "use").allowed


def test_a_group_that_is_deleted_takes_its_share_with_it(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    group = a_group(where, "Design")
    gpt = studio.make(jun)
    give(jun, gpt, WRITE, group_name="Design")

    with studio.opened(where):
        Group.objects.filter(pk=group.pk).delete()

    found = studio.row(where, gpt.public_id)
    assert (found.recipient_count, found.editor_count) == (0, 0)


def test_taking_back_ends_it(jun: Person, noor: Person) -> None:
    gpt = studio.make(jun)
    given = give(jun, gpt, email=noor.user.email)

    services.take(
        actor=jun.actor,
        workspace=jun.workspace,
        gpt=gpt.public_id,
        share=given.public_id,
        at=NOON,
    )

    assert not decide(noor, gpt, "use").allowed
    assert studio.row(jun.workspace, gpt.public_id).recipient_count == 0


@pytest.mark.parametrize(
    ("whom", "why"),
    [
        ({"email": "nobody@halden.example"}, "No member"),
        ({"email": "jun.takahashi@halden.example"}, "theirs already"),
        ({"email": "no address"}, "no e-mail address"),
        ({"group_name": "Nobody"}, "no group"),
    ],
)
def test_nobody_else_can_be_named(jun: Person, whom: dict[str, str], why: str) -> None:
    gpt = studio.make(jun)

    with pytest.raises(Refused, match=why):
        give(jun, gpt, **whom)


def test_a_member_who_was_removed_cannot_be_named(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    with studio.opened(where):
        type(noor.membership).objects.filter(pk=noor.membership.pk).update(
            status="removed"
        )
    gpt = studio.make(jun)

    with pytest.raises(BadRecipient):
        give(jun, gpt, email=noor.user.email)


def test_there_are_a_hundred_editors_at_most(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    gpt = studio.make(jun)
    for number in range(MOST_EDITORS):
        a_group(where, f"Team {number}")
        give(jun, gpt, WRITE, group_name=f"Team {number}")

    with pytest.raises(TooManyEditors, match="100 editors"):
        give(jun, gpt, WRITE, email=noor.user.email)

    give(jun, gpt, READ, email=noor.user.email)
    give(jun, gpt, WRITE, group_name="Team 7")


def test_only_the_owner_shares(jun: Person, noor: Person) -> None:
    gpt = studio.make(jun)
    given = give(jun, gpt, WRITE, email=noor.user.email)

    with pytest.raises(NotAllowed, match="Only its owner"):
        share(noor, gpt, "workspace")
    with pytest.raises(NotAllowed, match="Only its owner"):
        services.take(
            actor=noor.actor,
            workspace=noor.workspace,
            gpt=gpt.public_id,
            share=given.public_id,
            at=NOON,
        )


def test_who_may_not_use_it_learns_nothing(jun: Person, noor: Person) -> None:
    gpt = studio.make(jun)

    with pytest.raises(GptIsGone):
        share(noor, gpt, "workspace")


def test_without_the_feature_nobody_uses_creates_or_edits(
    where: WorkspaceRef, jun: Person, noor: Person
) -> None:
    gpt = studio.make(jun, level="workspace")
    for feature in (Feature.GPTS_USE, Feature.GPTS_CREATE, Feature.GPTS_EDIT):
        studio.baseline(where, feature, "off")

    assert not decide(noor, gpt, "use").allowed
    assert not decide(jun, gpt, "use").allowed
    assert not decide(jun, gpt, "edit").allowed
    with pytest.raises(NotAllowed):
        studio.make(jun)


@pytest.mark.parametrize("action", ["", "delete", "use\0", "x" * 5_000])
def test_another_action_is_nothing_one_does(jun: Person, action: str) -> None:
    gpt = studio.make(jun)

    assert not decide(jun, gpt, action).allowed


def test_what_was_shared_is_recorded(
    where: WorkspaceRef, jun: Person, noor: Person, recorded: Any
) -> None:
    gpt = studio.make(jun, level="workspace")
    given = give(jun, gpt, email=noor.user.email)

    assert recorded(where, "workspaces.gpt.visibility-changed") == [
        {"change.visibility": ["invite_only", "workspace"]}
    ]
    assert recorded(where, "workspaces.gpt.shared") == [
        {
            "change.rights": [None, "read"],
            "detail.member": str(noor.membership.public_id),
        }
    ]
    assert given.can_read


def hide(group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(is_discoverable=False)


def test_a_group_that_nobody_finds_is_not_newly_shared_with(
    where: WorkspaceRef, jun: Person
) -> None:
    group = a_group(where, "Design")
    gpt = studio.make(jun)
    with studio.opened(where):
        hide(group)

    with pytest.raises(BadRecipient):
        give(jun, gpt, group_name="Design")


def test_a_hidden_group_loses_it_with_the_next_change_and_is_told_before(
    where: WorkspaceRef, jun: Person, noor: Person, recorded: Any
) -> None:
    group = a_group(where, "Design", noor)
    gpt = studio.make(jun)
    give(jun, gpt, WRITE, group_name="Design")
    with studio.opened(where):
        hide(group)
    assert decide(noor, gpt, "use").allowed
    url = f"/w/halden-engineering/gpts/{gpt.public_id}/"
    for page in ("edit/", "share/"):
        text = jun.client().get(url + page).content.decode()
        assert "taken from groups that members no longer find" in text
        assert "Design" in text

    services.save_version(
        actor=jun.actor,
        workspace=where,
        gpt=gpt.public_id,
        draft=studio.draft(),
        at=NOON,
    )

    assert not decide(noor, gpt, "use").allowed
    assert studio.row(where, gpt.public_id).editor_count == 0
    assert recorded(where, "workspaces.gpt.share-removed") == [
        {"detail.group": str(group.public_id), "detail.because": "not discoverable"}
    ]
