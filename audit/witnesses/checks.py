"""Refuses a witness that is half set, at start-up rather than at its first request."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from audit.log import cosignatures


@register("audit")
def witness_is_whole(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001
    **_: Any,
) -> list[CheckMessage]:
    """E001: an address and a key, or neither. E002: an address that may be asked.

    E003: a key of a cosigner.
    """
    url, found = settings.CUSTOS_WITNESS_URL, list[CheckMessage]()
    if bool(url) != bool(settings.CUSTOS_WITNESS_VKEY):
        text = "CUSTOS_WITNESS_URL and CUSTOS_WITNESS_VKEY belong together."
        found.append(Error(text, id="audit.E001"))
    if url and not _may_be_asked(url):
        text = "CUSTOS_WITNESS_URL must begin with https://, name a host and no query."
        found.append(Error(text, id="audit.E002"))
    try:
        cosignatures.configured_key()
    except ValueError:
        text = (
            "CUSTOS_WITNESS_VKEY must be the Ed25519 verifier key of a cosigner"
            " (name+hash+base64, type 0x04)."
        )
        found.append(Error(text, id="audit.E003"))
    return found


def _may_be_asked(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE and parts.scheme == "http"
    is_bare = bool(parts.hostname) and not (parts.query or parts.fragment)
    return is_bare and "@" not in parts.netloc and (parts.scheme == "https" or plain)
