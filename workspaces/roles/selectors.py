"""What a role may do in a workspace, with the reason for every no."""

from django.utils.translation import gettext as _

from kit.permissions import LABELS as PERMISSION_LABELS
from kit.permissions import Decision, Permission
from workspaces.roles import rules
from workspaces.roles.matrix import LABELS, ROLE_PERMISSIONS, Role, permissions_of
from workspaces.roles.rules import Lack
from workspaces.tenancy.plans import LABELS as PLAN_LABELS
from workspaces.tenancy.plans import Plan, RetentionSetter, of


def decide(*, permission: Permission, role: str, plan: str) -> Decision:
    """Whether `role` may, on `plan`; the reason names who could."""
    lack = rules.lack(
        permission,
        held=permissions_of(role=role, plan=plan),
        on_any_plan=ROLE_PERMISSIONS[Role(role)],
    )
    if lack is Lack.NOTHING:
        return Decision(allowed=True, reason=_("Part of the role."))
    if lack is Lack.PLAN:
        return Decision(allowed=False, reason=_because_of_plan(permission, plan))
    return Decision(
        allowed=False, reason=_because_of_role(permission, role=role, plan=plan)
    )


def roles_with(*, permission: Permission, plan: str) -> list[Role]:
    """The roles that hold `permission` in a workspace on `plan`."""
    return [r for r in Role if permission in permissions_of(role=r, plan=plan)]


def may_act_on(*, role: str, own: frozenset[Permission], plan: str) -> bool:
    """Whether who may do `own` may give `role`, take it away, or end who holds it."""
    return rules.may_give(own=own, other=permissions_of(role=role, plan=plan))


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


def _because_of_role(permission: Permission, *, role: str, plan: str) -> str:
    holders = roles_with(permission=permission, plan=plan)
    words = {
        "what": PERMISSION_LABELS[permission],
        "role": LABELS[Role(role)],
        "holders": ", ".join(str(LABELS[holder]) for holder in holders),
    }
    if not holders:
        return _("“%(what)s” is not part of any role in this workspace.") % words
    return (
        _("“%(what)s” is not part of your role here (%(role)s). Who can: %(holders)s.")
        % words
    )
