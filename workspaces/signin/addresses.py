"""Folds mail addresses and domains so that equal ones compare equal, or refuses them.

Domains are compared in their IDNA form (UTS 46, which includes NFKC); local parts are
plain ASCII, lower case. Anything cleverer is refused: quotes, a second @, controls and
look-alike letters have no use in a sign-in and a long record of abuse.
"""

import re
from dataclasses import dataclass

import idna

ADDRESS_MAX = 254
_DOMAIN_MAX = 253
_LOCAL_MAX = 64
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?=.*[a-z])[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class NotAnAddress(ValueError):
    """The text is no mail address that could be compared safely."""


class NotADomain(ValueError):
    """The text is no mail domain that could be compared safely."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """A folded address and the domain that decides who may vouch for it."""

    address: str
    domain: str


def fold_domain(text: str) -> str:
    """The one form in which a domain is stored and compared."""
    try:
        folded = idna.encode(text.strip().rstrip("."), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise NotADomain(text) from None
    if len(folded) > _DOMAIN_MAX or not _DOMAIN.fullmatch(folded):
        raise NotADomain(text)
    return folded


def fold(text: str) -> Address:
    """The one form in which an address is stored and compared."""
    local, at, domain = text.strip(" ").partition("@")
    local = local.lower() if local.isascii() else ""
    if not at or len(local) > _LOCAL_MAX or not _LOCAL.fullmatch(local):
        raise NotAnAddress(text)
    try:
        folded = fold_domain(domain)
    except NotADomain:
        raise NotAnAddress(text) from None
    address = f"{local}@{folded}"
    if len(address) > ADDRESS_MAX or domain != domain.strip():
        raise NotAnAddress(text)
    return Address(address=address, domain=folded)
