"""Decides which network addresses a request to a customer's URL may reach."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

# 192.168.0.1 may be written as an IPv6 address through this translator's prefix.
_NAT64 = ip_network("64:ff9b::/96")
_THIS_NETWORK = ip_network("0.0.0.0/8")
_CARRIERS = ip_network("100.64.0.0/10")
# Metadata services of clouds that do not lie in the link-local range.
_METADATA = frozenset(
    map(
        ip_address,
        ("168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"),
    )
)


def may_reach(address: Address, *, allow_private: bool) -> bool:
    """Public addresses; private and loopback ones too where operators allow it.

    Link-local, metadata, multicast and unassigned addresses are never reached.
    """
    meant = _meant(address)
    if meant is None or meant in _METADATA or meant in _THIS_NETWORK:
        return False
    if meant.is_loopback:
        return allow_private
    if meant.is_link_local or meant.is_multicast or _is_unassigned(meant):
        return False
    if meant.is_private or meant in _CARRIERS:
        return allow_private
    return meant.is_global


def _meant(address: Address) -> Address | None:
    """The address at the end of a translation; None where that cannot be told."""
    if isinstance(address, IPv4Address):
        return address
    address = IPv6Address(int(address))  # without a zone, which would make it another
    if address.teredo is not None:
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_unassigned(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address.is_site_local:
        return True
    return address.is_unspecified or address.is_reserved
