"""Puts a secret on its way to a mailbox, sends it, and checks what comes back.

The mail is sent by a worker, so that a page answers alike, and as fast, whether or not
there is anyone to write to. Until then the secret waits sealed; notices would not do,
since owners read them in the outbox.
"""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from kit import mail, sealing
from kit.one_by_one import one_by_one
from workspaces.members.models import User
from workspaces.signin.models import MailedSecret, Purpose

MOST_TRIES = 5
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
_GIVEN_UP_AFTER = timedelta(hours=1)


def new(length: int) -> str:
    """A secret that can be read aloud and typed: no vowels, nothing alike."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def typed(text: str) -> str:
    """What a person meant who typed a secret."""
    return "".join(one for one in text.upper() if one.isalnum())[:64]


def put(
    *,
    user: User,
    purpose: Purpose,
    secret: str,
    browser: str,
    life: timedelta,
    at: datetime,
) -> None:
    """Store a secret in place of the browser's before; the mail is due at once."""
    bound_to = hash_of(browser) if browser else None
    MailedSecret.objects.filter(
        user=user, purpose=purpose, browser_hash=bound_to
    ).delete()
    row = MailedSecret(
        user=user,
        purpose=purpose,
        browser_hash=bound_to,
        created_at=at,
        expires_at=at + life,
    )
    row.secret_hash = _digest(row, browser, secret)
    row.sealed_secret = sealing.installation_keys().wrap(
        secret.encode(), aad=_place(row)
    )
    row.save(force_insert=True)


def take(
    *, user: User | None, purpose: Purpose, secret: str, browser: str, at: datetime
) -> bool:
    """Use up the secret if it is the right one; a wrong one may cost a try.

    Must not run inside a transaction that a wrong answer rolls back.
    """
    return _checked(user, purpose, secret, browser, at, then=MailedSecret.delete)


def is_right(
    *, user: User | None, purpose: Purpose, secret: str, browser: str, at: datetime
) -> bool:
    """The same without using it up, for a form with a second step."""
    return _checked(user, purpose, secret, browser, at, then=_leave)


def send_due(*, limit: int = 100, at: datetime) -> int:
    """Send what waits; how many went. What cannot be sent for an hour is given up."""
    MailedSecret.objects.filter(
        sealed_secret__isnull=False, created_at__lt=at - _GIVEN_UP_AFTER
    ).update(sealed_secret=None)
    waiting = MailedSecret.objects.filter(sealed_secret__isnull=False)
    keys = list(
        waiting.order_by("created_at", "id").values_list("pk", flat=True)[:limit]
    )
    return one_by_one(keys, lambda pk: _send(pk, at=at), what="mailed secret")


def _checked(
    user: User | None,
    purpose: Purpose,
    secret: str,
    browser: str,
    at: datetime,
    *,
    then: Callable[[MailedSecret], object],
) -> bool:
    with transaction.atomic():
        row = (
            MailedSecret.objects.select_for_update()
            .filter(
                user_id=user.pk if user else 0,
                purpose=purpose,
                browser_hash=hash_of(browser) if browser else None,
                expires_at__gt=at,
                tries__lt=MOST_TRIES,
            )
            .first()
        )
        if row is None:
            return False
        if not hmac.compare_digest(
            bytes(row.secret_hash), _digest(row, browser, secret)
        ):
            _count(row)
            return False
        then(row)
        return True


def _count(row: MailedSecret) -> None:
    """A wrong one costs a try where only one browser can try.

    What anybody could try would be used up by strangers; it is long instead.
    """
    if row.browser_hash is not None:
        MailedSecret.objects.filter(pk=row.pk).update(tries=F("tries") + 1)


def _leave(row: MailedSecret) -> None:
    """The secret stays good for its second step."""


def _send(pk: int, *, at: datetime) -> int:
    """In the transaction that locks the row: twice at worst, never not at all."""
    with transaction.atomic():
        row = (
            MailedSecret.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=pk, sealed_secret__isnull=False)
            .select_related("user")
            .first()
        )
        if row is None:
            return 0
        if row.expires_at > at:
            secret = sealing.installation_keys().unwrap(
                bytes(row.sealed_secret or b""), aad=_place(row)
            )
            subject, text = _WORDS[Purpose(row.purpose)](secret.decode())
            try:
                mail.send(to=row.user.email, subject=subject, text=text)
            except (OSError, ValueError):
                return 0  # no mail server now; the next round tries again
        row.sealed_secret = None
        row.save(update_fields=["sealed_secret"])
        return 1


def _code(secret: str) -> tuple[str, str]:
    text = _(
        "Your sign-in code for %(site)s:\n\n    %(code)s\n\n"
        "It works once, within ten minutes, in the browser that asked for it. If you "
        "did not ask, ignore this message: without your mailbox nobody can use it. "
        "Never tell the code to anyone."
    )
    said = {"site": settings.CUSTOS_BASE_URL, "code": f"{secret[:4]}-{secret[4:]}"}
    return _("Your sign-in code"), text % said


def _set_up(secret: str) -> tuple[str, str]:
    text = _(
        "You were named to enter your organization without its identity provider, for "
        "the day on which that does not work. Set your password and second step "
        "here:\n\n    %(site)s/break-glass/set-up/\n\n"
        "with your address and this code:\n\n    %(code)s\n\n"
        "It works once, within a day. If you did not expect this, tell the other "
        "owners of your organization."
    )
    code = "-".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return (
        _("Set up your emergency sign-in"),
        text % {"site": settings.CUSTOS_BASE_URL, "code": code},
    )


_WORDS = {Purpose.CODE: _code, Purpose.BREAK_GLASS: _set_up}


def _digest(row: MailedSecret, browser: str, secret: str) -> bytes:
    """Bound to the row, and to what only the browser knows: no table helps a thief."""
    return sha256(f"{row.public_id} {browser} {secret}".encode()).digest()


def _place(row: MailedSecret) -> bytes:
    return sealing.binding(
        table="workspaces_mailedsecret", row=row.public_id, column="sealed_secret"
    )


def hash_of(text: str) -> bytes:
    """What is stored of a name that only a browser knows."""
    return sha256(text.encode()).digest()
