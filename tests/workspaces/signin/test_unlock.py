"""The operator opens an organization that has locked itself out, in the open."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kit import scoping
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin.conftest import entries
from workspaces.notices.models import Notice
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import Organization, Sso, Workspace
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.fixture
def locked(halden: WorkspaceRef) -> WorkspaceRef:
    tenancy.require_sso(actor=OPERATOR, organization=halden.organization, at=NOON)
    return halden


def unlock(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(
        "unlock_organization",
        "--organization=halden-instruments",
        "--json",
        *arguments,
        stdout=out,
    )
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_single_sign_on_becomes_optional_everywhere(locked: WorkspaceRef) -> None:
    told = unlock("--override", "--reason=Their certificate expired")

    assert told == {"id": str(locked.organization.public_id), "workspaces": 1}
    with scoping.organization(organization_id=locked.organization.id):
        assert Workspace.objects.get().sso == Sso.OPTIONAL
        assert Organization.objects.get().new_workspace_sso == Sso.OPTIONAL


def test_the_owners_are_told_why_and_it_is_recorded(locked: WorkspaceRef) -> None:
    unlock("--override", "--reason=Their certificate expired")

    with scoping.organization(organization_id=locked.organization.id):
        notice = Notice.objects.order_by("-id")[0]
    assert notice.email == "mara.lindqvist@halden.example"
    assert "Their certificate expired" in notice.text
    actions = [one["action"] for one in entries(locked.organization)]
    assert actions[-2:] == [
        "workspaces.sso.changed",
        "workspaces.organization.unlocked",
    ]


@pytest.mark.parametrize(
    "arguments",
    [(), ("--override",), ("--reason=because",), ("--override", "--reason= ")],
)
def test_it_is_said_aloud_with_a_reason(
    arguments: tuple[str, ...], locked: WorkspaceRef
) -> None:
    with pytest.raises(CommandError, match="--override"):
        unlock(*arguments)

    with scoping.organization(organization_id=locked.organization.id):
        assert Workspace.objects.get().sso == Sso.REQUIRED


def test_twice_is_harmless(locked: WorkspaceRef) -> None:
    unlock("--override", "--reason=once")

    assert unlock("--override", "--reason=twice")["workspaces"] == 0


def test_people_come_from_every_network_again(locked: WorkspaceRef) -> None:
    with scoping.organization(organization_id=locked.organization.id):
        Organization.objects.update(portal_networks=["203.0.113.0/24"])

    unlock("--override", "--reason=An admin listed the wrong network")

    with scoping.organization(organization_id=locked.organization.id):
        assert Organization.objects.get().portal_networks == []
