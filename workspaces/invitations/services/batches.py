"""Judges a list of people before anything is done, and then invites them.

The same judgement runs twice: for the page that somebody confirms, and again when it
is carried out, since members, invitations and seats may have changed in between.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.invitations import selectors
from workspaces.invitations.lists import Row
from workspaces.invitations.services import sending
from workspaces.members import selectors as people
from workspaces.members.models import Membership, MembershipStatus, MemberSource
from workspaces.members.services import seats
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import LABELS, Role
from workspaces.tenancy import naming
from workspaces.tenancy.seats import SeatType
from workspaces.tenancy.selectors import WorkspaceRef

JOB_KIND = "invitations.send"


class Fate(StrEnum):
    """What becomes of a row."""

    INVITED = "invited"
    CHANGED = "changed"  # invited with less, or with something else, than it says
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One row with what becomes of it, and every reason that there is to tell."""

    line: int
    email: str
    role: Role
    seat: SeatType
    fate: Fate
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Done:
    """A row that was carried out, and why not where it was not."""

    row: Judged
    flaw: str = ""


def judge(
    *, actor: Actor, workspace: WorkspaceRef, rows: Sequence[Row], at: datetime
) -> list[Judged]:
    """What would become of each row, in the order of the list."""
    actor.require(Permission.MEMBERS_MANAGE)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        state = people.seats(workspace_id=workspace.id)
        known = _Known(rows, default=state.default, at=at)
        free = state.free
        if free is not None:
            free -= selectors.pending_number(at=at)
        judged = []
        for row in rows:
            one = _judge(actor, workspace, row, known)
            if one.fate is not Fate.REFUSED and free is not None:
                one, free = (one, free - 1) if free > 0 else (_no_seat(one), free)
            judged.append(one)
        return judged


def invite_all(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    rows: Sequence[Judged],
    at: datetime,
    step: Callable[[int], None] = lambda _done: None,
) -> list[Done]:
    """Invite every row that is not refused, each in a transaction of its own scope."""
    done = []
    for number, row in enumerate(rows, start=1):
        flaw = ""
        if row.fate is not Fate.REFUSED:
            try:
                sending.invite(
                    actor=actor,
                    workspace=workspace,
                    email=row.email,
                    role=row.role,
                    seat=row.seat,
                    at=at,
                )
            except Refused as refusal:
                flaw = str(refusal)
        done.append(Done(row=row, flaw=flaw or "; ".join(_why_refused(row))))
        if number % 50 == 0:
            step(number)
    return done


def numbers(judged: Sequence[Judged]) -> dict[Fate, int]:
    """How many rows have which fate."""
    counted = Counter(one.fate for one in judged)
    return {fate: counted[fate] for fate in Fate}


class _Known:
    """What is asked once for all rows."""

    def __init__(self, rows: Sequence[Row], *, default: SeatType, at: datetime) -> None:
        wanted = [row.email for row in rows if not row.flaw]
        found = Membership.objects.filter(email__in=wanted)
        self.members = {
            email: (status, source)
            for email, status, source in found.values_list("email", "status", "source")
        }
        self.invited = {
            email
            for email, one in selectors.open_by_address(addresses=wanted).items()
            if at < one.expires_at
        }
        self.default = default


def _judge(actor: Actor, workspace: WorkspaceRef, row: Row, known: _Known) -> Judged:
    role, about_role = _role(actor, workspace, row.role)
    seat, about_seat = _seat(row.seat, known.default)
    flaw = row.flaw or _flaw(row, known)
    reasons = [flaw] if flaw else [one for one in (about_role, about_seat) if one]
    fate = Fate.REFUSED if flaw else Fate.CHANGED if reasons else Fate.INVITED
    return Judged(
        line=row.line,
        email=row.email,
        role=role,
        seat=seat,
        fate=fate,
        reasons=tuple(reasons),
    )


def _role(actor: Actor, workspace: WorkspaceRef, text: str) -> tuple[Role, str]:
    """The role that a word means; what is unknown or not theirs to give is member."""
    if not text:
        return Role.MEMBER, ""
    word = text.strip().lower().replace(" ", "_").replace("-", "_")
    found = next((role for role in Role if role.value == word), None)
    if found is None:
        return Role.MEMBER, _("There is no role “%s”: invited as member.") % (
            naming.printable(text)
        )
    own, plan = actor.permissions, workspace.plan
    if not roles.may_act_on(role=found, own=own, plan=plan):
        return Role.MEMBER, _("You may not give the role %s: invited as member.") % (
            LABELS[found]
        )
    return found, ""


def _seat(text: str, default: SeatType) -> tuple[SeatType, str]:
    if not text:
        return default, ""
    try:
        return seats.known(text), ""
    except seats.UnknownSeat:
        return default, _("There is no seat type “%s”: the default is given.") % (
            naming.printable(text)
        )


def _flaw(row: Row, known: _Known) -> str:
    status, source = known.members.get(row.email, ("", ""))
    if status == MembershipStatus.ACTIVE:
        return _("A member already.")
    if status and source == MemberSource.SCIM:
        return _("Kept by your identity provider: let them back in there.")
    if status == MembershipStatus.SUSPENDED:
        return _("A member who is suspended: let them back in instead.")
    if row.email in known.invited:
        return _("Invited already.")
    return ""


def _no_seat(one: Judged) -> Judged:
    return Judged(
        line=one.line,
        email=one.email,
        role=one.role,
        seat=one.seat,
        fate=Fate.REFUSED,
        reasons=(_("No seat is left for them."),),
    )


def _why_refused(row: Judged) -> tuple[str, ...]:
    return row.reasons if row.fate is Fate.REFUSED else ()
