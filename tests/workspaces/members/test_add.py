"""Letting a person into a workspace."""

import pytest

from audit.log.models import AuditEntry
from kit import scoping
from kit.permissions import PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.members import services
from workspaces.members.addresses import BadAddress
from workspaces.members.models import Membership
from workspaces.members.services import RoleIsAboveYours, RoleIsAnother, UnknownRole
from workspaces.roles.matrix import Role
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


def add(where: WorkspaceRef, email: str, role: str = "member", **more: object):
    return services.add(
        **{"actor": OPERATOR, "workspace": where, "email": email, **more},
        role=role,
        at=NOON,
    )


def entries(where: WorkspaceRef) -> int:
    with scoping.organization(organization_id=where.organization.id):
        return AuditEntry.objects.count()


def test_the_person_is_in_and_it_is_recorded() -> None:
    where = cast.workspace()
    before = entries(where)

    row = add(where, "Jun.Takahashi@Halden.example")

    assert (row.email, row.role, row.status, row.generation) == (
        "jun.takahashi@halden.example",
        "member",
        "active",
        1,
    )
    assert entries(where) == before + 1


def test_who_is_in_already_is_returned_as_they_are() -> None:
    where = cast.workspace()
    first = add(where, "jun@halden.example", "analytics_viewer")
    before = entries(where)

    again = add(where, " JUN@halden.example ", "analytics_viewer")

    assert (again.pk, again.role) == (first.pk, "analytics_viewer")
    assert entries(where) == before


def test_who_is_in_under_another_role_keeps_it_and_that_is_said() -> None:
    where = cast.workspace()
    first = add(where, "jun@halden.example", "analytics_viewer")
    before = entries(where)

    with pytest.raises(RoleIsAnother, match="in this workspace already, as Analytics"):
        add(where, "jun@halden.example", "owner")

    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        assert Membership.objects.get(pk=first.pk).role == "analytics_viewer"
    assert entries(where) == before


def test_who_was_removed_comes_back_under_a_new_generation() -> None:
    where = cast.workspace()
    first = add(where, "jun@halden.example")
    services.remove(actor=OPERATOR, workspace=where, member=first.public_id, at=NOON)

    again = add(where, "jun@halden.example", "admin")

    assert (again.pk, again.role, again.status) == (first.pk, "admin", "active")
    assert again.generation == 2


def test_an_admin_adds_members_but_nobody_who_may_do_more() -> None:
    where = cast.workspace()
    admin = cast.admin(where).actor

    add(where, "new@halden.example", actor=admin)
    for role in (Role.OWNER, Role.COMPLIANCE_OFFICER):
        with pytest.raises(RoleIsAboveYours, match="owner of the workspace"):
            add(where, "other@halden.example", role, actor=admin)


def test_the_unpermitted_are_refused() -> None:
    where = cast.workspace()

    for person in (cast.officer(where), cast.analyst(where), cast.member(where)):
        with pytest.raises(PermissionDenied, match="Who can: Owner, Admin"):
            add(where, "new@halden.example", actor=person.actor)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "jun",
        "@halden.example",
        "jun@",
        "jun@localhost",
        "jun@10.0.0.1",
        "jun takahashi@halden.example",
        "jun\x00@halden.example",
        "jün@halden.example",
        "jun@hal\u200dden.example",
        "a@b@halden.example",
        f"{'j' * 65}@halden.example",
        f"jun@{'h' * 64}.example",
        f"jun@{'halden.' * 40}example",
    ],
)
def test_text_that_is_no_address_is_refused(email: str) -> None:
    where = cast.workspace()

    with pytest.raises(BadAddress, match="is no e-mail address"):
        add(where, email)


def test_an_unknown_role_is_refused() -> None:
    where = cast.workspace()

    with pytest.raises(UnknownRole, match="compliance_officer"):
        add(where, "jun@halden.example", "king")


def test_a_change_without_its_record_does_not_happen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = cast.workspace()

    def fail(**_: object) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("audit.recording.record", fail)
    with pytest.raises(RuntimeError):
        add(where, "jun@halden.example")

    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        found = Membership.objects.filter(email="jun@halden.example")
        assert not found.exists()
