"""Standard Webhooks: addresses they may have, their secrets, their signatures.

The signature covers id, time and body with HMAC-SHA-256.
"""

import base64
import hmac
import secrets
import socket
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from kit.addresses import Address, may_reach
from kit.refusals import Refused

_PREFIX = "whsec_"
_SECRET_BYTES = 32


class NoAddress(Refused):
    """A text is no address that requests may be sent to."""

    status = 422


def host_of(url: str) -> str:
    """The host of an https address; NoAddress where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NoAddress(_("This is no address. Write https:// and a host.")) from None
    if parts.scheme != "https":
        raise NoAddress(_("The address must begin with https://."))
    if not parts.hostname or "@" in parts.netloc or port == 0:
        raise NoAddress(_("The address must name a host, and no user."))
    if not parts.hostname.isascii():
        raise NoAddress(_("Write the host in ASCII, as its certificate does: xn--…"))
    return parts.hostname[:255]


def demand_open(host: str) -> None:
    """Refuses a host that is written as an address which is off limits: NoAddress.

    What a name resolves to is asked at each sending.
    """
    address = _written(host)
    allows_private = settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE
    if address is None or may_reach(address, allow_private=allows_private):
        return
    if not may_reach(address, allow_private=True):
        raise NoAddress(_("Nothing is ever sent to this address: it is reserved."))
    raise NoAddress(
        _(
            "Nothing is sent to this address: it is private. Whoever runs Custos can"
            " allow such addresses (CUSTOS_OUTBOUND_ALLOW_PRIVATE)."
        )
    )


def _written(host: str) -> Address | None:
    """The address that a host is written as, also in the spellings of C; else None."""
    name = host.lower().strip("[]").rstrip(".")
    if name == "localhost":
        return ip_address("127.0.0.1")
    with suppress(ValueError):
        return ip_address(name)
    with suppress(OSError, ValueError):
        return ip_address(socket.inet_aton(name))
    return None


def new_secret() -> str:
    """A signing secret in the spelling of Standard Webhooks."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed(body: bytes, *, message: str, secret: str, at: datetime) -> dict[str, str]:
    """The headers that sign a body; a receiver drops a `message` that comes twice."""
    moment = str(int(at.timestamp()))
    content = f"{message}.{moment}.".encode() + body
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    made = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    return {
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{made}",
    }
