"""Lets named owners in without the identity provider.

The door for the day on which single sign-on does not work. An owner is named by an
administrator of the organization, and sets password and second step themselves, with a
code that was mailed to them. Every use, and every lock after failures, is mailed to all
owners and recorded. Answers to a stranger are alike: who exists, who is named and what
was wrong cannot be told apart.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from kit.refusals import Refused
from workspaces.members.models import User
from workspaces.members.standing import Held
from workspaces.notices import services as notices
from workspaces.signin import rules, second_step, selectors
from workspaces.signin.endings import EndReason
from workspaces.signin.models import (
    BreakGlassCredential,
    BreakGlassOwner,
    Method,
    Purpose,
)
from workspaces.signin.services import arrivals, secrets_by_mail, sessions
from workspaces.tenancy.selectors import OrganizationRef

# Long enough to repair single sign-on; whoever needs more signs in again.
SESSION_LIFE = timedelta(hours=1)
_TOLD_AT = 5  # failures, from which on the next try waits


class WrongSetUpCode(Refused):
    """The mailed code is wrong, used or too old."""

    status = 422


class WeakPassword(Refused):
    """A password that is too easy."""

    status = 422


class WrongAppCode(Refused):
    """The code of the authenticator app is not the right one."""

    status = 422


class CannotEnter(Refused):
    """Address, password and second step do not open anything, or not now."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """What a person chose who was named."""

    address: str
    code: str
    password: str
    app_secret: str
    app_code: str


def app_secret_for(*, address: str, code: str, at: datetime) -> str:
    """A secret for the authenticator app of whoever brings the mailed code."""
    user = _named_person(address)
    is_right = secrets_by_mail.is_right(
        user=user,
        purpose=Purpose.BREAK_GLASS,
        secret=secrets_by_mail.typed(code),
        browser="",
        at=at,
    )
    if not is_right:
        raise _wrong_set_up_code()
    return second_step.new_secret()


def set_up(*, chosen: SetUp, ip: str, at: datetime) -> list[str]:
    """Set password and second step of a named person; their spare codes, shown once."""
    user = _named_person(chosen.address)
    _demand_good(chosen, user)
    step = second_step.step_of(secret=chosen.app_secret, code=chosen.app_code, at=at)
    if step is None:
        raise WrongAppCode(
            _("This is not the code that your app should show now. Try the next one.")
        )
    is_right = secrets_by_mail.take(
        user=user,
        purpose=Purpose.BREAK_GLASS,
        secret=secrets_by_mail.typed(chosen.code),
        browser="",
        at=at,
    )
    if user is None or not is_right:
        raise _wrong_set_up_code()
    return _arm(user, chosen, step=step, ip=ip, at=at)


def enter(*, address: str, password: str, code: str, ip: str, at: datetime) -> User:
    """The person who proved both steps; a failure makes the next try wait longer."""
    user = _named_person(address)
    # Takes as long for an address that nobody has.
    knows_password = check_password(password, user.password if user else "")
    if user is None:
        raise _cannot_enter()
    with transaction.atomic():
        row = BreakGlassCredential.objects.select_for_update().filter(user=user).first()
        if row is None or _waits(row, at):
            raise _cannot_enter()
        is_right = knows_password and _second_step_fits(row, user, code, at=at)
        row.failures = 0 if is_right else row.failures + 1
        row.failed_at = None if is_right else at
        row.save(update_fields=["failures", "failed_at", "last_step"])
    if not is_right:
        _note_failure(user, row, ip=ip, at=at)
        raise _cannot_enter()
    return user


def come_in(
    *,
    session: SessionBase,
    organization: OrganizationRef,
    user: User,
    ip: str,
    user_agent: str,
    before: Held | None,
    at: datetime,
) -> None:
    """Begin a short session; mailed to all owners, and recorded."""
    if before is not None:  # perhaps of another organization
        sessions.replace(before, at=at)
    with scoping.organization(organization_id=organization.id):
        BreakGlassOwner.objects.filter(user=user).update(last_used_at=at)
        actor = arrivals.actor_of(user, organization, ip=ip, user_agent=user_agent)
        record(actor, "workspaces.break-glass.used", user, organization, at)
        tell_owners(
            organization,
            _("Emergency sign-in at %s") % organization.name,
            _(
                "%(who)s entered %(organization)s without its identity provider, from "
                "the address %(ip)s. If you did not expect this, end the session and "
                "look into the audit log."
            )
            % {"who": user.email, "organization": organization.name, "ip": ip},
            at=at,
        )
        arrivals.arrive(
            session=session,
            organization=organization,
            user=user,
            method=Method.BREAK_GLASS,
            ip=ip,
            user_agent=user_agent,
            before=None,
            ends_at=at + SESSION_LIFE,
            at=at,
        )


def _named_person(address: str) -> User | None:
    """Who is named somewhere; the answer decides, never the address that was typed."""
    user = selectors.person_by_address(address=address)
    reached = selectors.reached_by_break_glass(user_id=user.pk if user else 0)
    if user is None or not reached or not user.is_active or user.is_operator:
        return None
    return user


def _waits(row: BreakGlassCredential, at: datetime) -> bool:
    wait = rules.wait_after(row.failures)
    return row.failed_at is not None and at < row.failed_at + wait


def _second_step_fits(
    row: BreakGlassCredential, user: User, code: str, *, at: datetime
) -> bool:
    digits = "".join(one for one in code if one in "0123456789")
    if len(digits) != second_step.DIGITS:
        return bool(digits) and second_step.use_spare(user=user, code=digits)
    secret = second_step.secret_of(user=user)
    step = secret and second_step.step_of(secret=secret, code=digits, at=at)
    if not step or step <= row.last_step:
        return False
    row.last_step = step
    return True


def _demand_good(chosen: SetUp, user: User | None) -> None:
    try:
        validate_password(chosen.password, user)
    except ValidationError as weak:
        raise WeakPassword(" ".join(weak.messages)) from weak


@transaction.atomic
def _arm(user: User, chosen: SetUp, *, step: int, ip: str, at: datetime) -> list[str]:
    user.set_password(chosen.password)  # ends their sessions, wherever they are
    user.save(update_fields=["password"])
    spare = second_step.store(user=user, secret=chosen.app_secret)
    BreakGlassCredential.objects.update_or_create(
        user=user,
        defaults={"armed_at": at, "failures": 0, "failed_at": None, "last_step": step},
    )
    for one in selectors.reached_by_break_glass(user_id=user.pk):
        with scoping.organization(organization_id=one.id):
            actor = arrivals.actor_of(user, one, ip=ip, user_agent="")
            sessions.end_all_of(
                actor=actor,
                organization_id=one.id,
                user=user,
                reason=EndReason.CREDENTIALS_CHANGED,
                at=at,
            )
            record(actor, "workspaces.break-glass.armed", user, one, at)
    return spare


def disarm(user: User) -> None:
    """Forget password and second step of somebody whom nobody names any more."""
    if not BreakGlassCredential.objects.filter(user=user).delete()[0]:
        return  # nothing was set up, and a new password signs out everywhere
    second_step.forget(user=user)
    user.set_unusable_password()
    user.save(update_fields=["password"])


def _note_failure(
    user: User, row: BreakGlassCredential, *, ip: str, at: datetime
) -> None:
    for one in selectors.reached_by_break_glass(user_id=user.pk):
        with scoping.organization(organization_id=one.id):
            recording.record(
                actor=Actor.system("signin"),
                action="workspaces.break-glass.used",
                target=Target(kind="user", id=user.public_id),
                organization_id=one.id,
                at=at,
                outcome=Outcome.REFUSED,
                details={"ip": ip, "failures": row.failures},
            )
            if row.failures == _TOLD_AT:
                tell_owners(
                    one,
                    _("Failed emergency sign-ins at %s") % one.name,
                    _(
                        "Somebody tried %(count)d times to enter as %(who)s without "
                        "single sign-on, last from the address %(ip)s. The next tries "
                        "have to wait, up to a quarter of an hour."
                    )
                    % {"count": row.failures, "who": user.email, "ip": ip},
                    at=at,
                )


def tell_owners(
    organization: OrganizationRef, subject: str, text: str, *, at: datetime
) -> None:
    """Mail every owner of the organization in scope."""
    for owner in selectors.all_owners():
        notices.put(
            organization_id=organization.id,
            kind="signin.break-glass",
            email=owner.email,
            subject=subject,
            text=text,
            at=at,
        )


def record(
    actor: Actor,
    action: str,
    user: User,
    organization: OrganizationRef,
    at: datetime,
) -> None:
    """Record what happened to a person's way in."""
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="user", id=user.public_id),
        organization_id=organization.id,
        at=at,
    )


def _wrong_set_up_code() -> WrongSetUpCode:
    return WrongSetUpCode(
        _(
            "Address and code do not fit together, or the code is no longer valid. "
            "Ask an owner of your organization to send a new one."
        )
    )


def _cannot_enter() -> CannotEnter:
    return CannotEnter(
        _(
            "These do not open anything. Check all three; after several failures each "
            "try has to wait, up to a quarter of an hour."
        )
    )
