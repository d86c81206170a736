"""Signs people in with a code that is mailed to them, where a workspace accepts that.

Whoever asks learns nothing: the answer is the same for an address that nobody has. A
code works once, for ten minutes and five tries, in the browser that asked; there is
one for an address and a browser at a time, so that strangers who ask for somebody's
code take nothing from them.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.refusals import Refused
from workspaces.members import services as members
from workspaces.members.models import User
from workspaces.signin import selectors
from workspaces.signin.models import MailedSecret, Purpose
from workspaces.signin.services import secrets_by_mail
from workspaces.tenancy.selectors import OrganizationRef

LENGTH = 8
LIFE = timedelta(minutes=10)
_PAUSE = timedelta(seconds=30)


class WrongCode(Refused):
    """A code that is wrong, used, too old or of another browser."""

    status = 422


def ask(*, address: str, browser: str, ip: str, at: datetime) -> bool:
    """Put a code on its way if it would open anything; whether a mail is due.

    The answer is for the doorbell only: the page must not depend on it.
    """
    user = selectors.person_by_address(address=address)
    reached = selectors.entered_by_code(user=user, address=address, at=at)
    if not reached or not (user is None or user.is_active):
        return False
    with transaction.atomic():
        user = user or members.ensure_person(email=address, at=at)  # invited
        User.objects.select_for_update().get(pk=user.pk)
        is_fresh = MailedSecret.objects.filter(
            user=user,
            purpose=Purpose.CODE,
            browser_hash=secrets_by_mail.hash_of(browser),
            created_at__gt=at - _PAUSE,
        ).exists()
        if is_fresh:  # pressed twice; the mail is on its way
            return False
        secrets_by_mail.put(
            user=user,
            purpose=Purpose.CODE,
            secret=secrets_by_mail.new(LENGTH),
            browser=browser,
            life=LIFE,
            at=at,
        )
        for one in reached:
            _record_asked(user, one, ip=ip, at=at)
    return True


def enter(*, address: str, browser: str, code: str, at: datetime) -> User:
    """The person whose code this is; it is used up."""
    user = selectors.person_by_address(address=address)
    is_right = secrets_by_mail.take(
        user=user,
        purpose=Purpose.CODE,
        secret=secrets_by_mail.typed(code),
        browser=browser,
        at=at,
    )
    if user is None or not is_right or not user.is_active:
        raise WrongCode(
            _("This code is wrong or no longer valid. Check it, or ask for a new one.")
        )
    return user


def _record_asked(user: User, where: OrganizationRef, *, ip: str, at: datetime) -> None:
    with scoping.organization(organization_id=where.id):
        recording.record(
            actor=Actor.system("signin"),
            action="workspaces.code.sent",
            target=Target(kind="user", id=user.public_id),
            organization_id=where.id,
            at=at,
            details={"ip": ip},
        )
