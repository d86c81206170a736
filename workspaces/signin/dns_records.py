"""Asks DNS for the TXT records of a name."""

import dns.exception
import dns.resolver
from django.utils.translation import gettext as _

from kit.refusals import Refused

_SECONDS = 10.0
# How long somebody who waits for a page may wait.
PAGE_SECONDS = 3.0


class DnsUnreachable(Refused):
    """No DNS server answered, so nothing was proven or disproven."""


def txt_records(name: str, *, seconds: float = _SECONDS) -> tuple[str, ...]:
    """The TXT records of exactly this name; none where it does not exist."""
    try:
        answer = dns.resolver.resolve(
            name, "TXT", lifetime=seconds, raise_on_no_answer=False, search=False
        )
    except dns.resolver.NXDOMAIN:
        return ()
    except dns.exception.DNSException as error:
        raise DnsUnreachable(
            _("DNS gave no answer about %(name)s (%(kind)s); try again later.")
            % {"name": name, "kind": type(error).__name__}
        ) from None
    records = answer.rrset or ()
    return tuple(
        b"".join(record.strings).decode("utf-8", "replace") for record in records
    )
