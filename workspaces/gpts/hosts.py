"""Compares the hosts that actions call with the domains that a workspace allows.

Both sides are reduced to one spelling, the ASCII form of UTS 46, before anything is
compared, and a rule covers what ends with it on the boundary of a label. Whatever has
no such spelling, names an address in place of a host, or could be read as another
host by another program, is refused: deny is the default. So is a rule for a domain
below which anybody can have a name (`co.uk`, `github.io`): it would allow strangers.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import idna
from django.utils.translation import gettext as _
from publicsuffixlist import PublicSuffixList

from kit.refusals import Refused

LONGEST_URL = 2_000
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # browsers read such an end as IPv4
_MIXABLE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")


class BadHost(Refused):
    """The text names no host that actions could be allowed to call."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """Whether a host may be called, and the rule that says so."""

    host: str
    rule: str = ""

    @property
    def is_allowed(self) -> bool:
        return bool(self.rule)


def canonical(text: str) -> str:
    """The one spelling of a host, without a trailing dot; else BadHost."""
    name = text.strip().removesuffix(".")
    try:
        host = idna.encode(name, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise BadHost(_("That is no host name, like api.example.com.")) from None
    labels = host.split(".")
    if len(labels) < 2 or not all(labels):
        raise BadHost(_("A host needs a full name, like api.example.com."))
    if _NUMBER.fullmatch(labels[-1]):
        raise BadHost(_("An IP address is no host name: write the name of the host."))
    if any(_mixes_scripts(label) for label in labels):
        raise BadHost(_("The name mixes letters of scripts that look alike."))
    return host


def rule_for(text: str) -> str:
    """The one spelling of a domain that a rule may cover whole; else BadHost."""
    domain = canonical(text)
    if _public_suffixes().is_public(domain):
        raise BadHost(
            _(
                "Anybody can have a name below %s, so a rule for it would allow"
                " strangers: allow the full name of the host."
            )
            % readable(domain)
        )
    return domain


def host_of(url: str) -> str:
    """The host that a program which opens `url` would call; else BadHost."""
    if len(url) > LONGEST_URL or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
        raise BadHost(_("That is no address: it holds characters that none has."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadHost(
            _("That is no address, like https://api.example.com/v1.")
        ) from None
    if parts.scheme != "https" or not host:
        raise BadHost(
            _("An action calls an https address, like https://api.example.com.")
        )
    if "@" in parts.netloc:
        raise BadHost(_("An address with a name and a password is refused."))
    if port == 0 or parts.netloc.endswith(":"):
        raise BadHost(_("The port of the address is none."))
    if "[" in parts.netloc:
        raise BadHost(_("An IP address is no host name: write the name of the host."))
    return canonical(host)


def ruling(host: str, *, domains: Iterable[str]) -> Ruling:
    """The longest domain that covers `host`; both in their one spelling."""
    covering = [one for one in domains if covers(one, host)]
    return Ruling(host=host, rule=max(covering, key=len, default=""))


def covers(domain: str, host: str) -> bool:
    """Whether a rule for `domain` lets `host` be called."""
    return host == domain or host.endswith(f".{domain}")


def outside(hosts: Iterable[str], *, domains: Iterable[str]) -> tuple[str, ...]:
    """The hosts that no domain covers; without domains, all of them."""
    allowed = tuple(domains)
    return tuple(one for one in hosts if not ruling(one, domains=allowed).is_allowed)


def readable(host: str) -> str:
    """The host as people write it, where that differs from its ASCII form."""
    try:
        return idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return host


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    """The list at publicsuffix.org; names that it does not know belong to somebody."""
    return PublicSuffixList(accept_unknown=False)


def _mixes_scripts(label: str) -> bool:
    if not label.startswith("xn--"):
        return False
    names = [unicodedata.name(one, "") for one in idna.decode(label) if one.isalpha()]
    scripts = {
        script for script in _MIXABLE if any(n.startswith(script) for n in names)
    }
    return len(scripts) > 1
