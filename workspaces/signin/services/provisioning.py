"""Makes people members by signing in, and gives the roles that their groups name.

Only addresses in proven domains get here. A role comes from an explicit rule or is the
default; owner only where an owner of the organization switched that on, operator never.
Whom an admin suspended or removed stays out: signing in does not undo that. Where the
provider sends no groups at all, roles stay as they are: a mapping that broke must not
take every admin their role.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from kit.refusals import Refused
from workspaces.members import services as members
from workspaces.members.models import (
    Membership,
    MembershipStatus,
    MemberSource,
    User,
)
from workspaces.roles.matrix import Role
from workspaces.signin import rules, selectors
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.models import SamlConnection
from workspaces.signin.selectors import ConnectionRef
from workspaces.tenancy import naming
from workspaces.tenancy.models import TAKES_PEOPLE
from workspaces.tenancy.selectors import WorkspaceRef

_ACTOR = Actor.system("signin")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a sign-in gives in one workspace; `decides`: also to who is in already."""

    workspace: WorkspaceRef
    role: Role
    decides: bool
    lets_in: bool


def grants(
    *, ref: ConnectionRef, row: SamlConnection, assertion: VerifiedAssertion
) -> list[Grant]:
    """What the rules of the connection give to the person of this assertion."""
    written: dict[int, list[tuple[str, str]]] = {}
    if assertion.groups is not None:
        for one in selectors.role_rules(connection_id=row.pk):
            written.setdefault(one.workspace_id, []).append((one.value, one.role))
    mine = set(assertion.groups or ())
    found = []
    for place in selectors.workspaces():
        if place.state not in TAKES_PEOPLE:
            continue
        mapped = rules.strongest(
            (role for value, role in written.get(place.pk, ()) if value in mine),
            may_grant_owner=row.may_grant_owner,
        )
        is_home = place.pk == row.provisions_into_id
        if place.pk not in written and not is_home:
            continue
        role = mapped or (row.default_role if is_home else Role.MEMBER)
        found.append(
            Grant(
                workspace=selectors.workspace_ref(place, ref.organization),
                role=Role(role),
                decides=place.pk in written,
                lets_in=is_home or mapped is not None,
            )
        )
    return found


def is_open_to(one: Grant, user: User | None) -> bool:
    """Whether somebody who is no member yet becomes one; never who was put out."""
    if not one.lets_in:
        return False
    if user is None:
        return True
    with _open(one.workspace):
        return not Membership.objects.filter(user_id=user.pk).exists()


def invite(*, address: str, assertion: VerifiedAssertion, at: datetime) -> User:
    """The person of a proven address, made now."""
    return members.ensure_person(email=address, name=_name(assertion), at=at)


def apply(
    *, user: User, row: SamlConnection, given: list[Grant], at: datetime
) -> list[str]:
    """Let the person in and set their roles; what was done, in words."""
    return [
        word
        for one in given
        if (word := _apply(one, user, may_grant_owner=row.may_grant_owner, at=at))
    ]


def follow(
    *,
    ref: ConnectionRef,
    user: User,
    address: str,
    assertion: VerifiedAssertion,
    at: datetime,
) -> bool:
    """Take over a new name or address, if the person is this organization's alone.

    Both the old and the new address must lie in proven domains, and nobody else may
    have the new one.
    """
    name = _name(assertion) or user.name
    if (name, address) == (user.name, user.email) or user.is_operator:
        return False
    if not selectors.has_proven(domain=rules.domain_of(user.email)):
        return False
    if selectors.is_elsewhere(user=user, organization_id=ref.organization.id):
        return False
    other = selectors.person_by_address(address=address)
    if other is not None and other.pk != user.pk:
        address = user.email
        if name == user.name:
            return False
    before = {"name": user.name, "email": user.email}
    members.follow(person=user, name=name, email=address)
    for place in selectors.workspaces():
        with _open(selectors.workspace_ref(place, ref.organization)):
            Membership.objects.filter(user_id=user.pk).update(name=name, email=address)
    recording.record(
        actor=_ACTOR,
        action="workspaces.person.updated",
        target=Target(kind="user", id=user.public_id),
        organization_id=ref.organization.id,
        at=at,
        changes={
            field: (before[field], value)
            for field, value in (("name", name), ("email", address))
            if before[field] != value
        },
    )
    return True


def _apply(one: Grant, user: User, *, may_grant_owner: bool, at: datetime) -> str:
    with _open(one.workspace):
        row = Membership.objects.filter(user_id=user.pk).first()
    if row is None and one.lets_in:
        return _enter(one, user, at=at)
    if row is None or row.status != MembershipStatus.ACTIVE or not one.decides:
        return ""
    touches_owner = Role.OWNER in {Role(row.role), one.role}
    if row.role == one.role or (touches_owner and not may_grant_owner):
        return ""
    try:
        members.change_role(
            actor=_ACTOR,
            workspace=one.workspace,
            member=row.public_id,
            role=one.role,
            at=at,
        )
    except members.LastOwnerMustStay as refusal:
        target = Target(kind="member", id=row.public_id)
        _refused("workspaces.member.role-changed", target, one, refusal, at=at)
        return ""
    return _("got another role in %s") % one.workspace.name


def _enter(one: Grant, user: User, *, at: datetime) -> str:
    try:
        members.let_in(
            actor=_ACTOR,
            workspace=one.workspace,
            person=user,
            role=one.role,
            source=MemberSource.SIGN_IN,
            at=at,
        )
    except members.NoSeatIsFree as refusal:
        target = Target(kind="user", id=user.public_id)
        _refused("workspaces.member.created", target, one, refusal, at=at)
        return ""
    return _("became a member of %s") % one.workspace.name


def _refused(
    action: str, target: Target, one: Grant, refusal: Refused, *, at: datetime
) -> None:
    recording.record(
        actor=_ACTOR,
        action=action,
        target=target,
        organization_id=one.workspace.organization.id,
        workspace=one.workspace.public_id,
        at=at,
        outcome=Outcome.REFUSED,
        details={"why": str(refusal), "wanted": one.role.value},
    )


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )


def _name(assertion: VerifiedAssertion) -> str:
    """First and last name, if they can stand on a page."""
    text = f"{assertion.first_name} {assertion.last_name}".strip()
    try:
        return naming.name(text) if text else ""
    except naming.BadName:
        return ""
