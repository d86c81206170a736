"""Refuses a timestamp authority that is half set, at start-up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register("audit")
def authority_is_whole(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001
    **_: Any,
) -> list[CheckMessage]:
    """E004: an address and roots, or neither. E005: an address that may be asked.

    E006: a file of PEM certificates.
    """
    url, file = settings.CUSTOS_TIMESTAMP_URL, settings.CUSTOS_TIMESTAMP_CA_FILE
    found: list[CheckMessage] = []
    if bool(url) != bool(file):
        text = "CUSTOS_TIMESTAMP_URL and CUSTOS_TIMESTAMP_CA_FILE belong together."
        found.append(Error(text, id="audit.E004"))
    if url and not _may_be_asked(url):
        text = "CUSTOS_TIMESTAMP_URL must begin with https:// and name a host."
        found.append(Error(text, id="audit.E005"))
    if file and not _holds_certificates(Path(file)):
        text = "CUSTOS_TIMESTAMP_CA_FILE must be a readable file of PEM certificates."
        found.append(Error(text, id="audit.E006"))
    return found


def _may_be_asked(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE and parts.scheme == "http"
    is_bare = bool(parts.hostname) and "@" not in parts.netloc
    return is_bare and (parts.scheme == "https" or plain)


def _holds_certificates(file: Path) -> bool:
    try:
        return bool(x509.load_pem_x509_certificates(file.read_bytes()))
    except (OSError, ValueError):
        return False
