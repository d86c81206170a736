"""Every role on every plan, as a table, and the reason for each no."""

import pytest

from kit.permissions import Permission
from workspaces.roles import rules, selectors
from workspaces.roles.matrix import Role, permissions_of
from workspaces.tenancy.plans import Plan

P = Permission
O, A, C, V, M = Role  # noqa: E741 -- the columns of the table
NOBODY: set[Role] = set()

# Who may, on Enterprise and Edu; then on Team; then on the API platform, if not alike.
TABLE: dict[Permission, tuple[set[Role], ...]] = {
    P.OVERVIEW_VIEW: ({O, A, C, V}, {O, A, C, V}),
    P.MEMBERS_VIEW: ({O, A, C}, {O, A, C}),
    P.MEMBERS_MANAGE: ({O, A}, {O, A}),
    P.ROLES_VIEW: ({O, A, C}, {O, A, C}),
    P.ROLES_MANAGE: ({O}, {O}),
    P.WORKSPACE_MANAGE: ({O}, {O}),
    P.GPTS_VIEW: ({O, A, C}, {O, A, C}, NOBODY),
    P.GPTS_MANAGE: ({O, A}, {O, A}, NOBODY),
    P.GPTS_REVIEW: ({O, A}, {O, A}, NOBODY),
    P.CONNECTORS_VIEW: ({O, A, C}, {O, A, C}, NOBODY),
    P.CONNECTORS_MANAGE: ({O, A}, {O, A}, NOBODY),
    P.CONNECTORS_RELEASE: ({O, A}, {O, A}, NOBODY),
    P.KEYS_MANAGE: ({O, A}, {O, A}),
    P.PROVISIONING_MANAGE: ({O, A}, {O, A}),
    P.CONVERSATIONS_VIEW_METADATA: ({O, A, C}, NOBODY),
    P.POLICIES_VIEW: ({O, A, C}, {O, A, C}),
    P.POLICIES_MANAGE: ({O, A}, NOBODY),
    P.HOLDS_VIEW: ({O, A, C}, {O, A, C}),
    P.HOLDS_MANAGE: ({O, C}, {O, C}),
    P.MATTERS_EXPORT: ({O, C}, NOBODY),
    P.SWEEPS_VIEW: ({O, A, C}, {O, A, C}),
    P.SWEEPS_RUN: ({O, A}, {O, A}),
    P.ANALYTICS_VIEW: ({O, A, C, V}, {O, A, C, V}),
    P.COMPLIANCE_READ: ({O, C}, NOBODY),
    P.COMPLIANCE_DELETE: ({O, C}, NOBODY),
    P.INTAKE_WRITE: ({O, A}, {O, A}),
    P.DECISIONS_ASK: ({O, A}, {O, A}),
    P.OWN_DATA: ({O, A, C, V, M}, {O, A, C, V, M}),
    P.AUDIT_VIEW: ({O, C}, {O, C}),
    P.AUDIT_VERIFY: ({O, C}, {O, C}),
    P.AUDIT_EXPORT: ({O, C}, {O, C}),
    P.AUDIT_ERASE: ({O, C}, {O, C}),
    P.INCIDENTS_VIEW: ({O, C}, {O, C}),
    P.INCIDENTS_MANAGE: ({O, C}, {O, C}),
    P.AUDIT_STREAMS: ({O, C}, {O, C}),
    P.ORGANIZATION_VIEW: ({O}, {O}),
    P.ORGANIZATION_MANAGE: (NOBODY, NOBODY),
    P.WORKSPACES_CLOSE: (NOBODY, NOBODY),
    P.OPERATOR: (NOBODY, NOBODY),
}


def test_the_table_names_every_permission() -> None:
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("plan", Plan)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_the_table_says(role: Role, plan: Plan) -> None:
    column = {Plan.TEAM: 1, Plan.API: 2}.get(plan, 0)
    expected = {
        one
        for one, cells in TABLE.items()
        if role in cells[min(column, len(cells) - 1)]
    }

    assert permissions_of(role=role, plan=plan) == expected


@pytest.mark.parametrize(
    ("permission", "role", "plan", "reason"),
    [
        (
            P.HOLDS_MANAGE,
            A,
            Plan.ENTERPRISE,
            "“Place and release legal holds” is not part of your role here (Admin). "
            "Who can: Owner, Compliance officer. A custom role can grant it, too.",
        ),
        (
            P.POLICIES_MANAGE,
            O,
            Plan.TEAM,
            "“Set retention policies” is not part of the Team plan: there each member "
            "decides for their own conversations.",
        ),
        (
            P.POLICIES_MANAGE,
            O,
            Plan.API,
            "“Set retention policies” is not part of the API platform plan.",
        ),
        (
            P.OPERATOR,
            O,
            Plan.EDU,
            "“Operate the installation” is not part of any role in this workspace.",
        ),
    ],
)
def test_every_no_has_its_reason(
    permission: Permission, role: Role, plan: Plan, reason: str
) -> None:
    decision = selectors.decide(permission=permission, role=role, plan=plan)

    assert (decision.allowed, decision.reason) == (False, reason)


@pytest.mark.parametrize(
    ("own", "other", "may"),
    [
        (O, C, True),
        (O, O, True),
        (A, C, False),
        (A, O, False),
        (A, A, True),
        (A, M, True),
        (C, A, False),
        (M, M, True),
    ],
)
def test_nobody_gives_more_than_they_have(own: Role, other: Role, may: bool) -> None:
    has = permissions_of(role=own, plan="enterprise")
    wants = permissions_of(role=other, plan="enterprise")

    assert rules.may_give(own=has, other=wants) is may
