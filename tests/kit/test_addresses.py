"""Requests to customers' URLs reach public addresses, and no others by accident."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.addresses import may_reach

PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8"]
PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd12::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "fd00:ec2::254%1",
    "192.0.0.192",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::",
    "2001:0:53aa:64c::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_reached(address: str) -> None:
    assert may_reach(ip_address(address), allow_private=False)
    assert may_reach(ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_reached_only_where_operators_allow_it(
    address: str,
) -> None:
    assert not may_reach(ip_address(address), allow_private=False)
    assert may_reach(ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_these_addresses_are_never_reached(address: str) -> None:
    assert not may_reach(ip_address(address), allow_private=False)
    assert not may_reach(ip_address(address), allow_private=True)


@given(address=st.ip_addresses())
def test_whatever_is_reached_without_leave_is_global(address: object) -> None:
    checked = ip_address(str(address))

    if may_reach(checked, allow_private=False):
        # Newer Pythons count no translated address (6to4) as global, whatever it means.
        assert (getattr(checked, "sixtofour", None) or checked).is_global
        assert not checked.is_multicast
        assert may_reach(checked, allow_private=True)
