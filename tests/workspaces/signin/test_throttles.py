"""Whatever strangers may ask says 429 after a while, and when to come back."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from redis import Redis

from kit import limits
from kit.http import limited
from kit.http.api import READERS
from kit.limits import Limit
from retention.metrics.views import LIMIT as METRICS
from tests.cast import NOON
from tests.site_map import pages
from workspaces.health.views import READY
from workspaces.invitations import throttles as invitations
from workspaces.signin import throttles
from workspaces.tenancy.selectors import OrganizationRef

pytestmark = pytest.mark.django_db

Clock = Callable[[datetime], None]
SAML = "/accounts/saml/halden-instruments"
ENDPOINTS = [
    ("post", "/", throttles.DISCOVERY),
    ("get", f"{SAML}/login/", throttles.LOGIN),
    ("post", f"{SAML}/acs/", throttles.ACS),
    ("get", f"{SAML}/finish/", throttles.FINISH),
    ("get", f"{SAML}/metadata/", throttles.METADATA),
    ("post", f"{SAML}/sls/", throttles.SLS),
    ("post", "/code/", throttles.CODE),
    ("post", "/code/enter/", throttles.CODE_ENTER),
    ("get", "/choose-organization/", throttles.CHOOSE),
    ("post", "/break-glass/", throttles.BREAK_GLASS),
    ("post", "/break-glass/set-up/", throttles.BREAK_GLASS),
    ("get", "/.well-known/authzen-configuration", READERS),
    ("get", "/.well-known/custos-log-keys", READERS),
    ("get", "/invitation/", invitations.LINK),
    ("get", "/api/docs", READERS),
    ("get", "/api/openapi.json", READERS),
]
# Only requests without a good token count there: tests/workspaces/scim/test_tenants.py.
TOKENS = {"workspaces:scim-base", "workspaces:scim-root", "workspaces:scim"}
# They ask nobody anything; the catalogue of parts is there in the demo only.
FREE = {"/healthz", "/design/"}


def use_up(limit: Limit, address: str = "192.0.2.7") -> None:
    while not limits.take(limit, asker=limits.asker_at(address), at=NOON):
        pass


@pytest.mark.parametrize(
    ("method", "path", "limit"), ENDPOINTS, ids=[path for _m, path, _l in ENDPOINTS]
)
def test_it_says_when_to_come_back(
    method: str, path: str, limit: Limit, connected: OrganizationRef, clock: Clock
) -> None:
    use_up(limit)

    def ask(address: str = "192.0.2.7") -> int:
        answer = getattr(Client(), method)(path, REMOTE_ADDR=address)
        if answer.status_code == 429:
            assert int(answer["Retry-After"]) >= 1
            assert "no-store" in answer["Cache-Control"]
            assert b"Too many tries" in answer.content
        return int(answer.status_code)

    assert ask() == 429
    assert ask("192.0.2.8") != 429
    clock(NOON + timedelta(seconds=limit.every_seconds))
    assert ask() != 429


def test_every_page_of_strangers_has_a_limit() -> None:
    limited_paths = {
        path.replace("halden-instruments", "nothing") for _m, path, _l in ENDPOINTS
    }
    limited_paths |= {"/readyz", "/metrics"}

    public = {
        page.url()
        for page in pages()
        if page.entry == "public" and page.name not in TOKENS
    }

    assert public - FREE <= limited_paths


@pytest.mark.usefixtures("clock")
def test_probes_are_limited_before_they_ask_anything() -> None:
    use_up(READY)

    assert Client().get("/readyz", REMOTE_ADDR="192.0.2.7").status_code == 429


@pytest.mark.usefixtures("clock")
def test_metrics_are_limited_before_they_ask_anything() -> None:
    use_up(METRICS)

    assert Client().get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 429


@pytest.mark.usefixtures("clock")
def test_an_ipv6_customer_is_one_asker() -> None:
    use_up(throttles.DISCOVERY, "2001:db8::1")

    answer = Client().post("/", REMOTE_ADDR="2001:db8::ffff:2")

    assert answer.status_code == 429


@pytest.mark.usefixtures("clock")
def test_looking_at_the_first_page_is_free() -> None:
    use_up(throttles.DISCOVERY)

    assert Client().get("/", REMOTE_ADDR="192.0.2.7").status_code == 200


def test_programs_get_a_problem() -> None:
    answer = limited.answer(7)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "7"
    assert answer["Content-Type"] == "application/problem+json"


def test_posts_of_strangers_leave_one_counter_an_address(
    connected: OrganizationRef,
) -> None:
    client = Redis.from_url(settings.CUSTOS_REDIS_URL)
    for _post in range(40):
        Client().post("/break-glass/", {"email": "x" * 200, "password": "y"})

    assert len(client.keys("limit:*")) == 1
