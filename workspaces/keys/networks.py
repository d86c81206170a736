"""The networks from which a key or token may be used, as people type them."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from django.utils.translation import gettext as _

from kit.refusals import Refused
from workspaces.tenancy import naming

MOST_NETWORKS = 50


class BadNetwork(Refused):
    """Text that is no network address."""

    status = 422


def read(texts: Iterable[str]) -> list[str]:
    """Networks such as 192.0.2.0/24, each once, in one spelling."""
    found: list[str] = []
    for text in texts:
        one = _network(text.strip())
        if one not in found:
            found.append(one)
    if len(found) > MOST_NETWORKS:
        raise BadNetwork(
            _("A key can be limited to at most %(most)d networks, these are %(now)d.")
            % {"most": MOST_NETWORKS, "now": len(found)}
        )
    return found


def admit(*, networks: Iterable[str], ip: str) -> bool:
    """Whether a request from `ip` may come in; no networks means from anywhere."""
    allowed = [ip_network(one) for one in networks]
    if not allowed:
        return True
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    # A dual-stack socket shows IPv4 addresses in their IPv6 form.
    meant = getattr(address, "ipv4_mapped", None) or address
    return any(meant in network for network in allowed)


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise BadNetwork(
            _(
                "“%s” is no network: write an address or a range whose last bits are "
                "zero, such as 192.0.2.7 or 192.0.2.0/24."
            )
            % naming.printable(text)
        ) from None
