"""Standard Webhooks: addresses they may have, their secrets, their signatures.

The signature covers id, time and body with HMAC-SHA-256.
"""

import base64
import hmac
import secrets
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from kit.addresses import may_reach
from kit.refusals import Refused

_PREFIX = "whsec_"
_SECRET_BYTES = 32


class NoAddress(Refused):
    """A text is no address that requests may be sent to."""

    status = 422


def host_of(url: str) -> str:
    """The host of an https address; NoAddress where it is none or off limits."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NoAddress(_("This is no address. Write https:// and a host.")) from None
    if parts.scheme != "https":
        raise NoAddress(_("The address must begin with https://."))
    if not parts.hostname or "@" in parts.netloc or port == 0:
        raise NoAddress(_("The address must name a host, and no user."))
    demand_open(parts.hostname)
    return parts.hostname[:255]


def demand_open(host: str) -> None:
    """Refuses a host that is written as an address which is off limits: NoAddress.

    What a name resolves to is asked at each sending.
    """
    is_local = host.lower().rstrip(".") == "localhost"
    try:
        address = ip_address("127.0.0.1" if is_local else host.strip("[]"))
    except ValueError:
        return
    if not may_reach(address, allow_private=settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE):
        raise NoAddress(
            _(
                "Nothing is sent to this address: it is private or reserved. Whoever"
                " runs Custos can allow private ones (CUSTOS_OUTBOUND_ALLOW_PRIVATE)."
            )
        )


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
