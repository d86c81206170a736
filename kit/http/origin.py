"""Finds the address that a request comes from, behind proxies that we trust.

`REMOTE_ADDR` is what the socket says. Only where that is one of CUSTOS_TRUSTED_PROXIES
does X-Forwarded-For count: read from the right, since a proxy appends and everything
further left was written by whoever sent it; the first address that is no proxy of ours
is the visitor. What no trusted proxy brings is ignored. After this middleware,
`REMOTE_ADDR` is the visitor's address for everyone.
"""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase

Address = IPv4Address | IPv6Address
_MOST_HOPS = 20


class OriginMiddleware:
    """Puts the visitor's address where everything looks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._trusted = trusted_networks(settings.CUSTOS_TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.META["REMOTE_ADDR"] = visitor(
            peer=request.META.get("REMOTE_ADDR", ""),
            forwarded=request.META.get("HTTP_X_FORWARDED_FOR", ""),
            trusted=self._trusted,
        )
        return self.get_response(request)


def trusted_networks(texts: Iterable[str]) -> tuple[object, ...]:
    """The networks of CUSTOS_TRUSTED_PROXIES; a bad one must not start."""
    try:
        return tuple(ip_network(text.strip()) for text in texts)
    except ValueError as wrong:
        raise ImproperlyConfigured(f"CUSTOS_TRUSTED_PROXIES: {wrong}") from wrong


def visitor(*, peer: str, forwarded: str, trusted: tuple[object, ...]) -> str:
    """The address nearest to us that is no proxy of ours."""
    here = _address(peer)
    if here is None:
        return ""
    hops = forwarded.rsplit(",", _MOST_HOPS)[::-1][:_MOST_HOPS] if forwarded else []
    for hop in hops:
        if not _is_in(here, trusted):
            break
        before = _address(hop)
        if before is None:  # our proxy passed on what it could not read itself
            break
        here = before
    return str(here)


def _is_in(address: Address, networks: tuple[object, ...]) -> bool:
    return any(address in network for network in networks)  # type: ignore[operator]


def _address(text: str) -> Address | None:
    """In one form: a dual-stack socket shows IPv4 inside IPv6."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
