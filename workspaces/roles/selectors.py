"""What a role may do in a workspace, with the reason for every no."""

from collections.abc import Collection

from django.db import connection
from django.utils.translation import gettext as _

from kit.permissions import LABELS as PERMISSION_LABELS
from kit.permissions import Decision, Permission
from kit.refusals import Refused
from workspaces.roles import rules
from workspaces.roles.matrix import (
    LABELS,
    ROLE_PERMISSIONS,
    Role,
    grantable_on,
    permissions_of,
)
from workspaces.roles.rules import Lack
from workspaces.tenancy.plans import LABELS as PLAN_LABELS
from workspaces.tenancy.plans import Plan, RetentionSetter, of


class RoleIsAboveYours(Refused):
    """The role may do more than the actor's own."""


def decide(
    *, permission: Permission, role: str, plan: str, granted: Collection[str] = ()
) -> Decision:
    """Whether `role`, with what custom roles grant, may; the reason names who could."""
    lack = rules.lack(
        permission,
        held=permissions_of(role=role, plan=plan, granted=granted),
        on_any_plan=ROLE_PERMISSIONS[Role(role)] | set(granted),
    )
    if lack is Lack.NOTHING:
        is_own = permission in permissions_of(role=role, plan=plan)
        reason = _("Part of the role.") if is_own else _("Granted by a custom role.")
        return Decision(allowed=True, reason=reason)
    if lack is Lack.PLAN:
        return Decision(allowed=False, reason=_because_of_plan(permission, plan))
    return Decision(
        allowed=False,
        reason=_because_of_role(
            permission, role=role, plan=plan, has_more=bool(granted)
        ),
    )


def roles_with(*, permission: Permission, plan: str) -> list[Role]:
    """The roles that hold `permission` in a workspace on `plan`."""
    return [r for r in Role if permission in permissions_of(role=r, plan=plan)]


def granted_to(*, membership_id: int) -> frozenset[str]:
    """What custom roles grant a member of the workspace whose scope is open.

    Asked of the database by name: the tables stand above this slice.
    """
    return frozenset(_names("select custos_granted_to(%s)", membership_id))


def granted_by(*, group_id: int) -> frozenset[str]:
    """What custom roles grant to all who are in a group."""
    return frozenset(_names("select custos_granted_by(%s)", group_id))


def custom_roles_through(*, group_id: int) -> list[str]:
    """The names of the custom roles that belonging to a group gives."""
    return _names("select custos_roles_through(%s)", group_id)


def may_act_on(
    *,
    role: str,
    own: frozenset[Permission],
    plan: str,
    granted: Collection[str] = (),
) -> bool:
    """Whether who may do `own` may give `role`, take it away, or end who holds it.

    `granted` is what custom roles grant besides.
    """
    other = permissions_of(role=role, plan=plan, granted=granted)
    return rules.may_give(own=own, other=other)


def may_act_on_member(
    *, membership_id: int, role: str, own: frozenset[Permission], plan: str
) -> bool:
    """The same about a member, with what their custom roles grant them."""
    if grantable_on(plan) <= own:
        return may_act_on(role=role, own=own, plan=plan)
    granted = granted_to(membership_id=membership_id)
    return may_act_on(role=role, own=own, plan=plan, granted=granted)


def may_act_on_group(
    *, group_id: int, role: str, own: frozenset[Permission], plan: str
) -> bool:
    """Whether who may do `own` may let people into a group, or out of it.

    `role` is the built-in role that the group gives, or nothing.
    """
    given = permissions_of(role=role, plan=plan) if role else frozenset()
    if not grantable_on(plan) <= own:
        granted = frozenset(map(Permission, granted_by(group_id=group_id)))
        given |= granted & grantable_on(plan)
    return rules.may_give(own=own, other=given)


def _names(sql: str, argument: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [argument])
        row = cursor.fetchone()
    return list(row[0] or ()) if row else []


def demand_may_act_on(*, role: str, own: frozenset[Permission], plan: str) -> None:
    """Refuse whoever would give, take away or end more than they may do themselves."""
    if may_act_on(role=role, own=own, plan=plan):
        return
    raise RoleIsAboveYours(
        _("The role %s may do more than yours; an owner of the workspace can do this.")
        % LABELS[Role(role)]
    )


def demand_may_act_on_member(
    *, membership_id: int, role: str, own: frozenset[Permission], plan: str
) -> None:
    """Refuse whoever would change a member who may do more than they may."""
    if may_act_on_member(membership_id=membership_id, role=role, own=own, plan=plan):
        return
    raise RoleIsAboveYours(
        _("The role of this member (%s) may do more than yours; an owner can.")
        % LABELS[Role(role)]
    )


def _because_of_plan(permission: Permission, plan: str) -> str:
    words = {"what": PERMISSION_LABELS[permission], "plan": PLAN_LABELS[Plan(plan)]}
    if of(plan).retention_setter is RetentionSetter.MEMBER:
        return (
            _(
                "“%(what)s” is not part of the %(plan)s plan: there each member decides"
                " for their own conversations."
            )
            % words
        )
    return _("“%(what)s” is not part of the %(plan)s plan.") % words


def _because_of_role(
    permission: Permission, *, role: str, plan: str, has_more: bool
) -> str:
    holders = roles_with(permission=permission, plan=plan)
    name = _("%s, with custom roles") if has_more else "%s"
    words = {
        "what": PERMISSION_LABELS[permission],
        "role": name % LABELS[Role(role)],
        "holders": ", ".join(str(LABELS[holder]) for holder in holders),
    }
    if not holders:
        return _("“%(what)s” is not part of any role in this workspace.") % words
    told = (
        _("“%(what)s” is not part of your role here (%(role)s). Who can: %(holders)s.")
        % words
    )
    if permission not in grantable_on(plan):
        return told
    return f"{told} {_('A custom role can grant it, too.')}"
