"""Whose address a request has, behind proxies that are trusted and others."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

from kit.http import origin

PROXIES = origin.trusted_networks(["10.0.0.0/24", "2001:db8::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        # Not ours: whatever it says of others is ignored.
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        # The visitor wrote the left part; the proxy appended the right one.
        ("10.0.0.1", "127.0.0.1, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "10.0.0.9, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "2001:db8:5::7", "2001:db8:5::7"),
        ("2001:db8::1", "::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("", "192.0.2.7", ""),
        ("10.0.0.1", ", ".join(["10.0.0.2"] * 5000), "10.0.0.2"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours(
    peer: str, forwarded: str, expected: str
) -> None:
    found = origin.visitor(peer=peer, forwarded=forwarded, trusted=PROXIES)

    assert found == expected


def test_without_trusted_proxies_the_header_counts_for_nothing() -> None:
    found = origin.visitor(peer="10.0.0.1", forwarded="192.0.2.7", trusted=())

    assert found == "10.0.0.1"


def test_everyone_sees_the_visitor(settings: object) -> None:
    settings.CUSTOS_TRUSTED_PROXIES = ["10.0.0.1"]  # type: ignore[attr-defined]
    seen: list[str] = []

    def respond(request: HttpRequest) -> HttpResponse:
        seen.append(request.META["REMOTE_ADDR"])
        return HttpResponse()

    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"}
    origin.OriginMiddleware(respond)(request)

    assert seen == ["192.0.2.7"]


def test_a_bad_setting_does_not_start(settings: object) -> None:
    settings.CUSTOS_TRUSTED_PROXIES = ["proxy.example"]  # type: ignore[attr-defined]

    with pytest.raises(ImproperlyConfigured, match="CUSTOS_TRUSTED_PROXIES"):
        origin.OriginMiddleware(lambda request: HttpResponse())
