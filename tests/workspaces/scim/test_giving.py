"""A token gives nobody more, through groups, than whoever issued it may do."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import cast
from tests.cast import NOON
from tests.workspaces.scim import meaning
from tests.workspaces.scim.conftest import prove
from tests.workspaces.scim.provider import Provider
from tests.workspaces.scim.test_meaning import JUN, map_role
from workspaces.access.models import CustomRole, RoleAssignment, RoleGrant
from workspaces.groups.models import Group
from workspaces.keys.services import scim_tokens
from workspaces.roles.matrix import Role
from workspaces.scim.services import conflicts
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

LABS = "eva@halden-labs.example"


@pytest.fixture
def by_admin(where: WorkspaceRef) -> Provider:
    """What holds a token that an admin issued."""
    actor = cast.admin(where).actor
    issued = scim_tokens.issue(actor=actor, workspace=where, at=NOON)
    return Provider(where=where, token=issued.secret or "")


def add(idp: Provider, group: str, user: str) -> Any:
    operation = {"op": "add", "path": "members", "value": [{"value": user}]}
    return idp.patch(f"/Groups/{group}", operation)


def put(idp: Provider, group: str, user: str) -> Any:
    body = {"displayName": "Officers", "members": [{"value": user}]}
    return idp.send("PUT", f"/Groups/{group}", body)


def grant_by_custom_role(where: WorkspaceRef, name: str) -> None:
    with meaning.scope(where):
        role = CustomRole.objects.create(
            workspace_id=where.id, name="Holds", folded_name="holds", created_at=NOON
        )
        RoleGrant.objects.create(
            workspace_id=where.id, role=role, permission="holds.manage"
        )
        RoleAssignment.objects.create(
            workspace_id=where.id,
            role=role,
            group=Group.objects.get(name=name),
            assigned_at=NOON,
        )


@pytest.mark.parametrize("send", [add, put])
def test_an_admins_token_fills_no_group_of_officers(
    idp: Provider, by_admin: Provider, send: Callable[..., Any]
) -> None:
    group = idp.group("Officers")["id"]
    map_role(idp.where, "Officers", Role.COMPLIANCE_OFFICER)
    thief = by_admin.user(JUN)["id"]

    answer = send(by_admin, group, thief)

    assert answer.status_code == 403
    assert "Let an owner of the workspace rotate" in answer.json()["detail"]
    assert meaning.role(idp.where, JUN) == "member"
    assert by_admin.members(group) == set()


def test_a_token_of_an_owner_or_the_operator_fills_it(idp: Provider) -> None:
    group = idp.group("Officers")["id"]
    map_role(idp.where, "Officers", Role.COMPLIANCE_OFFICER)
    actor = cast.owner(idp.where).actor
    issued = scim_tokens.issue(actor=actor, workspace=idp.where, at=NOON)
    of_owner = Provider(where=idp.where, token=issued.secret or "")

    assert add(of_owner, group, idp.user(JUN)["id"]).status_code == 204
    assert meaning.role(idp.where, JUN) == "compliance_officer"


def test_an_admins_token_still_takes_people_out(
    idp: Provider, by_admin: Provider
) -> None:
    jun = idp.user(JUN)["id"]
    group = idp.group("Officers", jun)["id"]
    map_role(idp.where, "Officers", Role.COMPLIANCE_OFFICER)

    removal = {"op": "remove", "path": f'members[value eq "{jun}"]'}
    assert by_admin.patch(f"/Groups/{group}", removal).status_code == 204
    assert meaning.role(idp.where, JUN) == "member"

    gone = by_admin.patch(
        f"/Users/{jun}", {"op": "replace", "path": "active", "value": False}
    )
    assert gone.status_code in {200, 204}
    assert meaning.status(idp.where, JUN) == "suspended"


def test_an_admins_token_fills_groups_that_give_no_more(
    idp: Provider, by_admin: Provider
) -> None:
    jun = by_admin.user(JUN)["id"]
    plain, admins = idp.group("Plain")["id"], idp.group("Admins")["id"]
    map_role(idp.where, "Admins", Role.ADMIN)

    assert add(by_admin, plain, jun).status_code == 204
    assert add(by_admin, admins, jun).status_code == 204
    assert meaning.role(idp.where, JUN) == "admin"


def test_what_a_custom_role_of_the_group_grants_counts_too(
    idp: Provider, by_admin: Provider
) -> None:
    group = idp.group("Officers")["id"]
    grant_by_custom_role(idp.where, "Officers")

    assert add(by_admin, group, by_admin.user(JUN)["id"]).status_code == 403


def test_a_listed_user_becomes_nobody_else_by_an_admins_token(
    idp: Provider, by_admin: Provider
) -> None:
    eva = idp.user(LABS)
    idp.group("Officers", eva["id"])
    map_role(idp.where, "Officers", Role.COMPLIANCE_OFFICER)

    answer = by_admin.patch(
        f"/Users/{eva['id']}",
        {"op": "replace", "path": "userName", "value": "thief@halden.example"},
        {"op": "replace", "path": "emails", "value": [{"value": JUN}]},
    )

    assert answer.status_code == 403
    assert meaning.status(idp.where, JUN) == ""


def test_an_admin_who_looks_again_lets_no_officer_in(idp: Provider) -> None:
    eva = idp.user(LABS)
    idp.group("Officers", eva["id"])
    map_role(idp.where, "Officers", Role.COMPLIANCE_OFFICER)
    prove(idp.where, "halden-labs.example")

    changed = conflicts.try_again(
        actor=cast.admin(idp.where).actor, workspace=idp.where, at=NOON
    )

    assert changed == 0
    assert meaning.status(idp.where, LABS) == ""
