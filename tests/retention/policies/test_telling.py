"""Who is asked by mail for a second approval: once a revision, and without values."""

from datetime import timedelta

import pytest

from retention.policies.drafts import services
from retention.policies.drafts.digests import digest
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import Values
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage
from tests.retention.policies.conftest import protect
from tests.workspaces.access import making
from workspaces.members.models import Membership
from workspaces.notices.models import Notice
from workspaces.roles.matrix import Role

SHORT = Values(days=93, undo_days=0, reason="Records schedule RS-14")


def send(stage: Stage, by: Person | None = None) -> PolicyDraft:
    return services.apply(
        actor=(by or stage.owner).actor,
        workspace=stage.workspace,
        values=SHORT,
        at=NOON,
    )


def again(stage: Stage, draft: PolicyDraft) -> PolicyDraft:
    return services.send(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        draft=draft.public_id,
        at=NOON,
    )


def mails(stage: Stage) -> list[Notice]:
    with stage.scope():
        rows = Notice.objects.filter(kind="retention.policy-waits")
        return list(rows.order_by("id"))


def told(stage: Stage) -> list[str]:
    return [mail.email for mail in mails(stage)]


def test_others_who_may_approve_are_asked_and_the_author_is_not(
    guarded: Stage, second: Person
) -> None:
    draft = send(guarded)

    (mail,) = mails(guarded)
    assert mail.email == second.user.email
    assert guarded.owner.user.email in mail.text
    assert guarded.workspace.name in mail.subject
    assert f"/policies/drafts/{draft.public_id}/" in mail.text


def test_the_mail_holds_nothing_of_what_is_proposed(
    guarded: Stage, second: Person
) -> None:
    draft = send(guarded)

    (mail,) = mails(guarded)
    text = (mail.subject + mail.text).replace(str(draft.public_id), "")
    assert not any(value in text for value in ("93", "RS-14"))


def test_who_may_set_policies_by_a_custom_role_is_asked_too(guarded: Stage) -> None:
    where = guarded.workspace
    direct = making.a_role(where, "Records", grants=("policies.manage",))
    making.assign(where, direct, membership=guarded.member.membership)
    through = making.a_role(where, "Archive", grants=("policies.manage",))
    group = making.a_group(where, "Archivists", guarded.other.membership)
    making.assign(where, through, group=group)
    other = making.a_role(where, "Looks", grants=("policies.view",))
    making.assign(where, other, membership=guarded.officer.membership)

    send(guarded)

    people = (guarded.member, guarded.other)
    assert told(guarded) == sorted(one.user.email for one in people)


def test_who_is_suspended_is_not_asked(guarded: Stage, second: Person) -> None:
    with guarded.scope():
        mine = Membership.objects.filter(pk=second.membership.pk)
        mine.update(status="suspended")

    send(guarded)

    assert told(guarded) == []


def test_another_workspace_hears_nothing(guarded: Stage) -> None:
    cast.admin(cast.elsewhere())

    send(guarded)

    assert told(guarded) == []


def test_below_the_threshold_nobody_is_asked(guarded: Stage, second: Person) -> None:
    protect(guarded, approval_percent=None, approval_number=6)

    assert send(guarded).state == "scheduled"
    assert told(guarded) == []


def test_a_revision_that_is_sent_again_asks_nobody_again(
    guarded: Stage, second: Person
) -> None:
    draft = send(guarded)
    services.decline(
        actor=second.actor,
        workspace=guarded.workspace,
        draft=draft.public_id,
        reason="Say which records",
        at=NOON,
    )

    assert again(guarded, draft).state == "awaiting"
    assert len(mails(guarded)) == 1


def test_a_changed_draft_asks_again(guarded: Stage, second: Person) -> None:
    draft = send(guarded)
    services.change(
        actor=guarded.owner.actor,
        workspace=guarded.workspace,
        draft=draft.public_id,
        values=Values(days=60, undo_days=0),
        at=NOON,
    )

    again(guarded, draft)

    assert told(guarded) == [second.user.email] * 2


def test_what_custos_sent_back_asks_again(guarded: Stage, second: Person) -> None:
    draft = send(guarded)
    services.approve(
        actor=second.actor,
        workspace=guarded.workspace,
        draft=draft.public_id,
        seen=digest(draft).hex(),
        at=NOON,
    )
    guarded.set_policy(3_000, at=NOON + timedelta(hours=1))
    assert services.force_due(at=NOON + timedelta(days=2)) == 0

    again(guarded, draft)

    assert told(guarded) == [second.user.email] * 2


def test_a_draft_that_is_refused_asks_nobody(guarded: Stage, second: Person) -> None:
    send(guarded)

    with pytest.raises(services.AnotherIsUnderWay):
        send(guarded)

    assert len(mails(guarded)) == 1


def test_who_may_approve_only_by_then_is_asked_when_it_is_sent_again(
    guarded: Stage, second: Person
) -> None:
    draft = send(guarded)
    services.decline(
        actor=second.actor,
        workspace=guarded.workspace,
        draft=draft.public_id,
        reason="Ask Ana",
        at=NOON,
    )
    ana = cast.person(guarded.workspace, "ana.kovac@halden.example", Role.ADMIN)

    again(guarded, draft)

    assert told(guarded) == [second.user.email, ana.user.email]
