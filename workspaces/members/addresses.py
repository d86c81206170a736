"""The one spelling of an e-mail address that is stored and compared.

Two spellings that a mail server may treat as one person must never become two
people, and two people never one: the part before @ is ASCII (Unicode folds distinct
letters together), the domain is its IDNA form, both in small letters.
"""

import re

import idna
from django.utils.translation import gettext as _

from kit.refusals import Refused
from workspaces.tenancy import naming

LENGTH = 254
_LOCAL_LENGTH = 64
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class BadAddress(Refused):
    """Text that is no e-mail address we can tell apart from others."""

    status = 422


class BadDomain(Refused):
    """Text that is no mail domain."""

    status = 422


def fold(text: str) -> str:
    """The stored spelling of the address `text`."""
    if len(text) > LENGTH:  # before any work on it
        raise _bad(text, _("it has more than %d characters") % LENGTH)
    local, at_sign, domain = text.strip().rpartition("@")
    if not at_sign or not local or not domain:
        raise _bad(text, _("it needs a name, an @ and a domain"))
    if not local.isascii():
        raise _bad(text, _("the part before @ may only hold ASCII characters"))
    if len(local) > _LOCAL_LENGTH or not _LOCAL.fullmatch(local.lower()):
        raise _bad(text, _("the part before @ is malformed"))
    try:
        folded = f"{local.lower()}@{_ascii(domain)}"
    except _Malformed as malformed:
        raise _bad(text, str(malformed)) from None
    if len(folded) > LENGTH:
        raise _bad(text, _("it has more than %d characters") % LENGTH)
    return folded


def fold_domain(text: str) -> str:
    """The ASCII form of a mail domain, as proven domains store it."""
    try:
        return _ascii(text)
    except _Malformed:
        raise BadDomain(
            _("“%s” is no mail domain: write a full name, like halden.example.")
            % naming.printable(text)
        ) from None


class _Malformed(Exception):
    """Why a text is no domain, as the flaw of an address."""


def _ascii(domain: str) -> str:
    try:
        folded = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        raise _Malformed(_("the domain is malformed")) from None
    labels = folded.split(".")
    if len(labels) == 1 or not labels[-1] or labels[-1].isdigit():
        raise _Malformed(_("the domain is not a full name, like halden.example"))
    return folded


def _bad(text: str, why: str) -> BadAddress:
    return BadAddress(
        _("“%(text)s” is no e-mail address: %(why)s.")
        % {"text": naming.printable(text), "why": why}
    )
