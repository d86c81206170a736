"""What every destination does: take a batch, and say up to where it was confirmed."""

import json
import ssl
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

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
    return accepted(answered(url, body=body, headers=headers, settings=settings))


def answered(
    url: str, *, body: bytes, headers: Mapping[str, str], settings: Settings
) -> Response:
    """The answer of a receiver, whatever it says."""
    try:
        return client(settings).post(url, body=body, headers=headers)
    except (OutboundFailed, OutboundRefused) as error:
        raise NotDelivered(plain(error)) from None


def accepted(answer: Response) -> Response:
    """The answer, unless it is one that confirms nothing."""
    if answer.status in _OK:
        return answer
    raise NotDelivered(_refusal(host_in(answer), answer.status))


def host_in(answer: Response) -> str:
    """Who answered, for a sentence."""
    return urlsplit(answer.url).hostname or ""


def object_in(answer: Response) -> dict[str, Any] | None:
    """The JSON object of an answer, empty where nothing was said; else None."""
    if not answer.body.strip():
        return {}
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def below(url: str, path: str) -> str:
    """The address of `path` under one that people typed, with it or without."""
    parts = urlsplit(url)
    stem = parts.path.rstrip("/").removesuffix(path)
    return urlunsplit(parts._replace(path=stem + path))


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
