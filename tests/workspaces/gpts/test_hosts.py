"""Which hosts actions may call: one spelling, whole labels, no tricks."""

import json

import pytest

from kit.refusals import Refused
from workspaces.gpts import actions, hosts
from workspaces.gpts.hosts import BadHost


@pytest.mark.parametrize(
    ("domain", "host", "expected"),
    [
        ("halden.example", "halden.example", True),
        ("halden.example", "api.halden.example", True),
        ("halden.example", "a.b.halden.example", True),
        ("halden.example", "nothalden.example", False),
        ("halden.example", "halden.example.evil.example", False),
        ("api.halden.example", "halden.example", False),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", True),
    ],
)
def test_a_domain_covers_what_is_below_it_on_whole_labels(
    domain: str, host: str, expected: bool
) -> None:
    assert hosts.covers(domain, host) is expected


def test_without_domains_nothing_is_allowed() -> None:
    assert not hosts.ruling("api.halden.example", domains=[]).is_allowed
    assert hosts.outside(["api.halden.example"], domains=[]) == ("api.halden.example",)


def test_the_closest_domain_is_the_one_named() -> None:
    found = hosts.ruling(
        "v1.api.halden.example", domains=["halden.example", "api.halden.example"]
    )

    assert found.rule == "api.halden.example"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Halden.Example", "halden.example"),
        ("halden.example.", "halden.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("\uff48\uff41\uff4c\uff44\uff45\uff4e\u3002example", "halden.example"),
    ],
)
def test_a_host_has_one_spelling(text: str, expected: str) -> None:
    assert hosts.canonical(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "com",
        "localhost",
        "halden..example",
        "halden.example..",
        ".halden.example",
        "*.halden.example",
        "halden_1.example",
        "127.0.0.1",
        "\uff11\uff12\uff17.0.0.1",
        "0x7f.0x1",
        "1.2",
        "::1",
        "[::1]",
        "xn--zzzzzzzz.example",
        "xn--.example",
        "p\u0430ypal.example",  # a Cyrillic letter in a Latin word
        "halden.example/path",
        "halden.example:443",
        "user@halden.example",
        "halden example",
        "a" * 64 + ".example",
        ".".join(["abcdefgh"] * 40),
        "halden.exa\0mple",
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(BadHost):
        hosts.canonical(text)


@pytest.mark.parametrize(
    "text",
    [
        "co.uk",
        "github.io",
        "GitHub.io.",
        "s3.amazonaws.com",
        "foo.ck",
        "\u516c\u53f8.cn",
    ],
)
def test_a_rule_covers_no_domain_below_which_anybody_has_names(text: str) -> None:
    with pytest.raises(BadHost, match="strangers"):
        hosts.rule_for(text)


@pytest.mark.parametrize(
    "text", ["halden.co.uk", "halden.github.io", "halden.example", "wiki.corp"]
)
def test_a_rule_covers_what_belongs_to_somebody(text: str) -> None:
    assert hosts.rule_for(text) == text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.halden.example", "api.halden.example"),
        ("https://API.Halden.example:8443/v1?x=1#y", "api.halden.example"),
        ("https://api.halden.example./v1", "api.halden.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://evil.example#@halden.example/", "evil.example"),
    ],
)
def test_the_host_is_the_one_that_would_be_called(url: str, expected: str) -> None:
    assert hosts.host_of(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://halden.example",
        "ftp://halden.example",
        "//halden.example",
        "halden.example",
        "https:///path",
        "https://",
        "https://halden.example@evil.example/",
        "https://halden.example:secret@evil.example/",
        "https://@halden.example/",
        "https://evil.example\\@halden.example/",
        "https:\\\\halden.example",
        "https://halden.example\t.evil.example/",
        "https://halden.example\n/",
        "https://halden.example:0/",
        "https://halden.example:/",
        "https://halden.example:99999/",
        "https://halden.example:x/",
        "https://[::1]/",
        "https://[halden.example]/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://halden%2eexample/",
        "https://{host}.halden.example/",
        "https://halden.example/" + "a" * 3_000,
        " https://halden.example",
        "",
    ],
)
def test_tricks_of_addresses_are_refused(url: str) -> None:
    with pytest.raises(BadHost):
        hosts.host_of(url)


def schema(**more: object) -> str:
    servers = [{"url": "https://api.halden.example/v1"}]
    return json.dumps({"openapi": "3.1.0", "servers": servers, "paths": {}, **more})


def test_a_schema_names_its_servers_wherever_they_stand() -> None:
    found = actions.hosts_of(
        schema(
            paths={
                "/a": {
                    "servers": [{"url": "https://a.halden.example"}],
                    "get": {"servers": [{"url": "https://b.halden.example"}]},
                }
            },
            components={
                "securitySchemes": {
                    "sign-in": {
                        "flows": {
                            "authorizationCode": {
                                "authorizationUrl": "https://id.halden.example/a",
                                "tokenUrl": "https://id.halden.example/t",
                            }
                        }
                    }
                }
            },
        )
    )

    assert set(found) == {
        "api.halden.example",
        "a.halden.example",
        "b.halden.example",
        "id.halden.example",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "paths: {}",
        "[]",
        "{}",
        '{"paths": []}',
        '{"paths": {}}',
        "[" * 100_000,
        " " * 100_001,
        schema(servers=[{"url": "/v1"}]),
        schema(servers=[{"url": "https://{region}.halden.example"}]),
        schema(servers=[{}]),
        schema(servers=["https://api.halden.example"]),
        schema(paths={"/a": {"$ref": "https://evil.example/a.json"}}),
        schema(paths={"/a": {"$ref": "other.json"}}),
        schema(servers=[{"url": f"https://a{n}.halden.example"} for n in range(21)]),
        # Put behind a server's address, these would lead to another host.
        schema(paths={".evil.example/steal": {}}),
        schema(paths={"@evil.example/steal": {}}),
        schema(paths={"//evil.example/steal": {}}),
        schema(paths={"/\\evil.example/steal": {}}),
        # Two readers could read two hosts.
        schema()[:-1] + ', "servers": [{"url": "https://evil.example"}]}',
        schema(openapi="2.0", swagger="2.0", host="evil.example"),
        schema(openapi=None),
        schema(
            paths={
                "/a": {
                    "get": {
                        "responses": {
                            "200": {
                                "links": {
                                    "b": {
                                        "operationRef": "https://evil.example/a.json#/paths/b"
                                    }
                                }
                            }
                        }
                    }
                }
            }
        ),
    ],
    ids=range(23),
)
def test_what_is_no_schema_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        actions.hosts_of(text)


def test_the_server_of_a_link_counts() -> None:
    link = {"operationId": "b", "server": {"url": "https://links.halden.example"}}
    found = actions.hosts_of(
        schema(paths={"/a": {"get": {"responses": {"200": {"links": {"b": link}}}}}})
    )

    assert "links.halden.example" in found


def test_a_property_that_is_called_server_is_no_server() -> None:
    properties = {"server": {"type": "string"}, "servers": {"type": "array"}}

    found = actions.hosts_of(
        schema(components={"schemas": {"a": {"properties": properties}}})
    )

    assert found == ("api.halden.example",)
