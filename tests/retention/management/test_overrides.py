"""What the operator overrides is mailed to every owner, or does not happen."""

from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command

from kit import scoping
from retention.holds import selectors as holds
from retention.holds import services
from retention.policies import selectors as policies
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.retention.conftest import Stage, staged
from workspaces.members.services import people
from workspaces.notices import services as notices
from workspaces.notices.models import Notice
from workspaces.tenancy import services as tenancy

pytestmark = pytest.mark.usefixtures("clock")

OWNERS = ["mara.lindqvist@halden.example", "sol.ortega@halden.example"]


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    """Halden Engineering with a day of grace; its organization has two owners."""
    made = staged(cast.workspace(), grace_hours=24)
    second = people.ensure_person(email=OWNERS[1], at=NOON)
    tenancy.appoint_owner(
        actor=OPERATOR,
        organization=made.workspace.organization,
        user_id=second.pk,
        user_public_id=second.public_id,
        email=OWNERS[1],
        at=NOON,
    )
    return made


def mail(stage: Stage) -> list[Notice]:
    with scoping.organization(organization_id=stage.workspace.organization.id):
        return list(Notice.objects.order_by("id"))


def set_policy(stage: Stage, *more: str) -> None:
    slug = stage.workspace.slug
    call_command("set_policy", "--workspace", slug, "--days", "90", *more, "--json")


def test_a_skipped_grace_period_is_mailed_to_each_owner_once(stage: Stage):
    set_policy(stage, "--override", "--reason", "court order 12")

    sent = mail(stage)
    assert [one.email for one in sent] == OWNERS
    assert {one.kind for one in sent} == {"retention.policy-override"}
    assert "court order 12" in sent[0].text
    assert "for 90 days" in sent[0].text
    assert f"/w/{stage.workspace.slug}/" in sent[0].text


def test_without_an_override_nobody_is_told(stage: Stage):
    set_policy(stage)

    assert mail(stage) == []


def test_an_override_brings_a_waiting_version_into_force(stage: Stage):
    set_policy(stage)
    set_policy(stage, "--override", "--reason", "court order 12")

    with stage.scope():
        found = policies.standing(workspace=stage.workspace, at=NOON)
    assert (found.days, found.pending) == (90, None)
    assert len(mail(stage)) == len(OWNERS)


def test_without_the_mail_there_is_no_override(stage: Stage):
    with (
        patch.object(notices, "put", side_effect=RuntimeError),
        pytest.raises(RuntimeError),
    ):
        set_policy(stage, "--override", "--reason", "court order 12")

    with stage.scope():
        assert not policies.versions_of(workspace=stage.workspace)


def test_a_hold_released_without_a_second_person_is_mailed(stage: Stage):
    with stage.scope():
        hold = services.place(
            actor=stage.officer.actor,
            workspace=stage.workspace,
            matter="Lindqvist v. Halden",
            membership_ids=[stage.member.membership.pk],
            at=NOON,
        )
    release = ("release_hold", "--hold", str(hold.public_id), "--reason", "settled")

    with pytest.raises(CommandError, match="override"):
        call_command(*release)
    assert mail(stage) == []

    call_command(*release, "--override", "--json")
    sent = mail(stage)
    assert [one.email for one in sent] == OWNERS
    assert {one.kind for one in sent} == {"retention.hold-override"}
    assert "settled" in sent[0].text
    assert "Lindqvist v." not in sent[0].text + sent[0].subject


def test_without_the_mail_the_hold_stays(stage: Stage):
    with stage.scope():
        hold = services.place(
            actor=stage.officer.actor,
            workspace=stage.workspace,
            matter="Lindqvist v. Halden",
            membership_ids=[stage.member.membership.pk],
            at=NOON,
        )

    with (
        patch.object(notices, "put", side_effect=RuntimeError),
        pytest.raises(RuntimeError),
    ):
        call_command(
            *("release_hold", "--hold", str(hold.public_id), "--override"),
            *("--reason", "settled"),
        )

    with stage.scope():
        assert holds.hold_by_public_id(public_id=hold.public_id).released_at is None
