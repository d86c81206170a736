"""Checks the second step of break-glass: a code of an app, or a spare one.

allauth keeps the secrets, sealed by our adapter. Which codes were used is kept in the
database rather than in the cache: break-glass has to work on the day the cache is gone.
"""

import hmac
from datetime import datetime
from urllib.parse import quote

import qrcode
import qrcode.image.svg
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp

from workspaces.members.models import User

DIGITS = 6
_ISSUER = "Custos"


def new_secret() -> str:
    """A secret for an authenticator app."""
    return str(totp.generate_totp_secret())


def is_secret(text: str) -> bool:
    """Whether `text` has the form of `new_secret`."""
    return len(text) == 32 and set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def address_of(*, secret: str, email: str) -> str:
    """What an authenticator app reads from the picture."""
    label = quote(f"{_ISSUER}:{email}")
    return f"otpauth://totp/{label}?secret={secret}&issuer={_ISSUER}"


def picture_of(address: str) -> str:
    """The address as an SVG, without any style of its own."""
    image = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    return str(image.to_string(encoding="unicode"))


def step_of(*, secret: str, code: str, at: datetime) -> int | None:
    """The time step that a code belongs to, now or next to now."""
    if not is_secret(secret):
        return None
    now = int(at.timestamp()) // int(app_settings.TOTP_PERIOD)
    for step in (now - 1, now, now + 1):
        expected = totp.format_hotp_value(totp.hotp_value(secret, step))
        if hmac.compare_digest(expected.encode(), code.encode()):
            return step
    return None


def store(*, user: User, secret: str) -> list[str]:
    """Put the app's secret and fresh spare codes in place of those before."""
    forget(user=user)
    totp.TOTP.activate(user, secret)
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def forget(*, user: User) -> None:
    """Remove the person's second step."""
    Authenticator.objects.filter(user=user).delete()


def secret_of(*, user: User) -> str | None:
    """The secret that the person's app has."""
    found = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.TOTP
    ).first()
    return None if found is None else str(get_adapter().decrypt(found.data["secret"]))


def use_spare(*, user: User, code: str) -> bool:
    """Use up a spare code."""
    found = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.RECOVERY_CODES
    ).first()
    return found is not None and bool(RecoveryCodes(found).validate_code(code))
