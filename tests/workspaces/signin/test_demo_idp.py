"""Signing in as a person of the demo, through the bundled identity provider."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from config.demo_idp import identity
from config.demo_idp.identity import Identity
from config.demo_idp.site import DemoIdp
from tests.cast import NOON
from tests.workspaces.signin import seeding
from tests.workspaces.signin.conftest import Visitor
from tests.workspaces.signin.provider import key_pair
from workspaces.members.models import User
from workspaces.signin import demo

pytestmark = pytest.mark.django_db
IDP_URL = "http://127.0.0.1:8001"


@pytest.fixture
def itself() -> Identity:
    pair = key_pair("demo")
    return Identity(
        private_pem=pair.private_pem, certificate=pair.certificate, base_url=IDP_URL
    )


@pytest.fixture
def idp(itself: Identity, settings: object) -> DemoIdp:
    return DemoIdp(
        identity=itself, portal_url=settings.CUSTOS_BASE_URL, now=lambda: NOON
    )


@pytest.fixture
def demo_site(itself: Identity, db: None, clock: object) -> None:
    """The people of the table, in their organizations."""
    seeding.fill(itself)


def fetch(idp: DemoIdp, url: str, *, method: str = "GET") -> tuple[str, str]:
    """Status and body of one request to the provider."""
    parts = urlsplit(url)
    seen: list[str] = []

    def start(status: str, _headers: list[tuple[str, str]]) -> None:
        seen.append(status)

    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
    }
    body = b"".join(idp(environ, start)).decode()
    return seen[0], body


@pytest.mark.parametrize("person", demo.PEOPLE, ids=lambda one: one.first_name)
def test_each_person_makes_the_whole_round_trip(
    person: demo.DemoPerson, demo_site: None, idp: DemoIdp, settings: object
) -> None:
    settings.CUSTOS_DEMO = True
    visitor = Visitor(slug=person.organization.slug)
    page = visitor.client.get("/").content.decode()
    link = next(
        found.replace("&amp;", "&")
        for found in re.findall(r'href="(/accounts/saml/[^"]+)"', page)
        if person.email.replace("@", "%40") in found
    )

    status, sent = fetch(idp, visitor.client.get(link)["Location"])
    answer = re.search(r'name="SAMLResponse" value="([^"]+)"', sent)
    assert status == "200 OK"
    assert answer
    response = visitor.bring_encoded(answer[1])

    assert response["Location"] == "/"
    assert User.objects.get(pk=visitor.user_id).email == person.email


def test_without_a_hint_it_asks_who_signs_in(demo_site: None, idp: DemoIdp) -> None:
    url = Client().get("/accounts/saml/halden/login/")["Location"]

    _, page = fetch(idp, url)

    assert "Who signs in?" in page
    assert "Mara Lindqvist" in page
    assert "Tomasz Wrona" not in page


def test_it_shows_the_last_answer(demo_site: None, idp: DemoIdp) -> None:
    url = Client().get(
        "/accounts/saml/halden/login/?login_hint=ife.adeyemi@halden.example"
    )["Location"]
    fetch(idp, url)

    _, page = fetch(idp, f"{IDP_URL}/last")

    assert "ife.adeyemi@halden.example" in page
    assert "Signature" in page


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/", "200"),
        ("/files/send.js", "200"),
        ("/files/../site.py", "404"),
        ("/idp/halden/metadata", "200"),
        ("/idp/halden/sso", "400"),
        ("/idp/halden/sso?SAMLRequest=nonsense", "400"),
        ("/idp/nobody/sso", "404"),
        ("/elsewhere", "404"),
    ],
)
def test_its_pages_answer(url: str, status: str, idp: DemoIdp) -> None:
    assert fetch(idp, IDP_URL + url)[0].startswith(status)


def test_a_request_of_another_portal_is_refused(
    demo_site: None, itself: Identity
) -> None:
    other = DemoIdp(identity=itself, portal_url="http://127.0.0.1:9", now=lambda: NOON)
    url = Client().get("/accounts/saml/halden/login/")["Location"]

    status, page = fetch(other, url)

    assert status.startswith("400")
    assert "another portal" in page


def test_a_request_for_another_organization_is_refused(
    demo_site: None, idp: DemoIdp
) -> None:
    url = Client().get("/accounts/saml/halden/login/")["Location"]

    status, _ = fetch(idp, url.replace("/idp/halden/", "/idp/brightwater/"))

    assert status.startswith("400")


def test_its_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = identity.prepared(home=tmp_path, base_url=IDP_URL)

    second = identity.prepared(home=tmp_path, base_url="http://127.0.0.1:9999")

    key = tmp_path / "demo-idp" / "key.json"
    assert first.certificate == second.certificate
    assert key.stat().st_mode & 0o777 == 0o600
    assert b"127.0.0.1:9999" in (tmp_path / "demo-idp" / "halden.xml").read_bytes()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"CUSTOS_DEMO": "0"}, "only starts in demo mode"),
        (
            {"CUSTOS_DEMO": "1", "CUSTOS_DEMO_IDP_URL": "http://0.0.0.0:8001"},
            "a port on this machine",
        ),
        (
            {"CUSTOS_DEMO": "1", "CUSTOS_DEMO_IDP_URL": "https://idp.example"},
            "a port on this machine",
        ),
    ],
)
def test_it_refuses_to_start_where_it_must_not(
    environment: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.demo_idp"],
        env=os.environ | {"CUSTOS_HOME": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_clock_of_the_answer_is_now_by_default(itself: Identity) -> None:
    made = DemoIdp(identity=itself, portal_url="http://127.0.0.1:8000").now()

    assert abs((datetime.now(tz=UTC) - made).total_seconds()) < 60
