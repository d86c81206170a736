"""What every destination does: take a batch, and say up to where it was confirmed."""

import ssl
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from audit.explorer.selectors import Place
from audit.streams.batches import Batch
from kit.outbound import Client, OutboundFailed, OutboundRefused, Response

Settings = Mapping[str, str]
_OK = range(200, 300)
_SECONDS = 15.0


class NotDelivered(Exception):
    """The receiver did not confirm; `str()` is a sentence for the page."""


class Deliver(Protocol):
    """Sends a batch and returns the place that the receiver confirmed."""

    def __call__(self, batch: Batch, settings: Settings) -> Place: ...


def client(settings: Settings) -> Client:
    """What speaks HTTP to the destination, within the bounds of one turn."""
    return Client(
        connect_seconds=5,
        read_seconds=_SECONDS,
        total_seconds=_SECONDS,
        largest_body=65_536,
        tls=trusting(settings.get("authority", "")),
    )


def trusting(authority: str) -> ssl.SSLContext | None:
    """A context for the receiver's own authority; None means the usual ones."""
    if not authority:
        return None
    try:
        return ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError):
        raise NotDelivered(_("The certificate authority cannot be read.")) from None


def posted(
    url: str, *, body: bytes, headers: Mapping[str, str], settings: Settings
) -> Response:
    """The answer of a receiver that took the request."""
    try:
        answer = client(settings).post(url, body=body, headers=headers)
    except (OutboundFailed, OutboundRefused) as error:
        raise NotDelivered(plain(error)) from None
    return accepted(answer)


def accepted(answer: Response) -> Response:
    """The answer, unless it is one that confirms nothing."""
    if answer.status in _OK:
        return answer
    raise NotDelivered(_refusal(urlsplit(answer.url).hostname or "", answer.status))


def plain(error: Exception) -> str:
    """What went wrong on the way, as a sentence; it names the host and nothing else."""
    return _("Nothing arrived: %s") % error


def _refusal(host: str, status: int) -> str:
    words = {
        401: _("%(host)s does not accept the sign-in (401). Renew its secret."),
        403: _("%(host)s does not accept the sign-in (403). Renew its secret."),
        404: _("%(host)s knows no such address (404). Check the address."),
        413: _("%(host)s finds the request too large (413)."),
        429: _("%(host)s asks for more time (429)."),
    }
    sentence = words.get(status, _("%(host)s answered with status %(status)s."))
    return sentence % {"host": host, "status": status}
