"""Where somebody may sign in, by their domain, by a code or in an emergency."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection as database

from workspaces.invitations import selectors as invitations
from workspaces.invitations.selectors import Offer
from workspaces.members.models import User
from workspaces.signin import rules
from workspaces.signin.models import (
    BreakGlassCredential,
    BreakGlassOwner,
    MailDomain,
    Method,
)
from workspaces.signin.selectors.people import all_owners
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import (
    OrganizationRef,
)


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """Where people of a mail domain sign in; all that a stranger may learn.

    Some workspace takes single sign-on (`takes_sso`), some takes codes (`takes_code`).
    """

    organization_name: str
    label: str
    slug: str
    takes_sso: bool
    takes_code: bool


def entrance_of(*, domain: str) -> Entrance | None:
    """Where people of a folded, proven mail domain sign in, if anywhere."""
    with database.cursor() as cursor:
        cursor.execute("select * from custos_entrance(%s)", [domain])
        row = cursor.fetchone()
    if row is None:
        return None
    return Entrance(
        organization_name=row[0],
        label=row[1],
        slug=row[2],
        takes_sso=row[3],
        takes_code=row[4],
    )


def reached_by_code(*, user_id: int) -> list[OrganizationRef]:
    """The organizations in which a code opens something for a person, by name.

    Asks the same number of questions whoever that is, also nobody.
    """
    mine = tenants.accesses_of(user_id=user_id)
    run = {one.organization.id for one in tenants.administrations_of(user_id=user_id)}
    with database.cursor() as cursor:
        cursor.execute("select * from custos_sso_of(%s)", [user_id])
        rows = cursor.fetchall()
    return [
        OrganizationRef(id=row[0], public_id=row[1], slug=row[2], name=row[3])
        for row in rows
        if rules.may_use_code(
            ssos=[one.sso for one in mine if one.workspace.organization.id == row[0]],
            runs_it=row[0] in run,
            is_bound=row[4],
            strict=row[5],
        )
    ]


def entered_by_code(
    *, user: User | None, address: str, at: datetime
) -> list[OrganizationRef]:
    """Where a code lets somebody in: as who they are, or by an invitation."""
    found = reached_by_code(user_id=user.pk if user else 0)
    known = {one.id for one in found}
    invited = {
        one.workspace.organization.id: one.workspace.organization
        for one in acceptable(address=address, method=Method.CODE, at=at)
    }
    return found + [one for key, one in invited.items() if key not in known]


def acceptable(
    *,
    address: str,
    method: Method,
    at: datetime,
    organization_id: int | None = None,
) -> list[Offer]:
    """The invitations of an address to workspaces that this way of signing in opens."""
    return [
        one
        for one in invitations.offers_to(address=address, at=at)
        if organization_id in (None, one.workspace.organization.id)
        and rules.need(sso=one.sso, method=method, is_bound=one.is_bound)
        is rules.Need.NOTHING
    ]


def reached_by_break_glass(*, user_id: int) -> list[OrganizationRef]:
    """The organizations that named a person for break-glass, and that they own."""
    with database.cursor() as cursor:
        cursor.execute("select * from custos_break_glass_of(%s)", [user_id])
        rows = cursor.fetchall()
    return [
        OrganizationRef(id=row[0], public_id=row[1], slug=row[2], name=row[3])
        for row in rows
    ]


@dataclass(frozen=True, kw_only=True)
class Keyholder:
    """An owner of the organization in scope, and how far they are with break-glass."""

    user: User
    named: BreakGlassOwner | None
    armed_at: datetime | None

    @property
    def is_ready(self) -> bool:
        """Named, with password and second step set."""
        return self.named is not None and self.armed_at is not None


def keyholders() -> list[Keyholder]:
    """Every owner of the organization in scope, in the order in which they came."""
    people = all_owners()
    named = {one.user_id: one for one in BreakGlassOwner.objects.all()}
    armed = dict(
        BreakGlassCredential.objects.filter(user__in=people).values_list(
            "user_id", "armed_at"
        )
    )
    return [
        Keyholder(user=one, named=named.get(one.pk), armed_at=armed.get(one.pk))
        for one in people
    ]


def has_break_glass_owner() -> bool:
    """Whether somebody can enter the organization in scope without its provider."""
    return any(one.is_ready for one in keyholders())


def has_proven(*, domain: str) -> bool:
    """Whether the organization in scope has proven this folded domain."""
    return MailDomain.objects.filter(domain=domain, proven_at__isnull=False).exists()


def domains() -> list[MailDomain]:
    """The domains that the organization in scope has claimed, by name."""
    return list(MailDomain.objects.order_by("domain"))


def domain_by_id(*, domain: UUID) -> MailDomain | None:
    """One of them."""
    return MailDomain.objects.filter(public_id=domain).first()
