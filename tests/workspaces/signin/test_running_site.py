"""The attacks and their controls once more, over the network, at a server of its own.

The other tests ask the site in this process and at a noon that stands still. Here the
same table meets what an installation runs: front, threads, and the clock of the day.
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from kit import clock, limits
from tests import cast
from tests.workspaces.signin import attacks, encrypting, unpacking
from tests.workspaces.signin.conftest import FORM, Visitor, connect
from tests.workspaces.signin.provider import Provider, encoded
from workspaces.tenancy.selectors import OrganizationRef

pytestmark = pytest.mark.slow

WAYS = {"plain": lambda document: document, "encrypted": encrypting.in_place}
_SECONDS = 20


@dataclass
class _Wire:
    """What a visitor needs of Django's test client, by real requests."""

    portal: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        return self._answer(
            self.session.get(
                f"{self.portal}{path}",
                params=query,
                allow_redirects=False,
                timeout=_SECONDS,
            )
        )

    def post(self, path: str, body: str) -> Any:
        return self._answer(
            requests.post(  # across sites: without a cookie
                f"{self.portal}{path}",
                data=body.encode(),
                headers={"Content-Type": FORM},
                allow_redirects=False,
                timeout=_SECONDS,
            )
        )

    @staticmethod
    def _answer(response: requests.Response) -> Any:
        return _Answer(
            status_code=response.status_code,
            content=response.content,
            headers=response.headers,
            cookies=response.cookies.get_dict(),
        )


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status_code: int
    content: bytes
    headers: Mapping[str, str]
    cookies: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.headers[name]


class _RealVisitor(Visitor):
    """A browser at the running site, which keeps to SameSite=Lax."""

    client: Any

    def _post(self, text: str) -> Any:
        answer = self.client.post(f"{self.base}/acs/", unpacking.form(text))
        self.client.session.cookies.update(answer.cookies)
        return answer

    @property
    def is_in(self) -> bool:
        return bool(self.client.get("/me/sessions/").status_code == 200)


@pytest.fixture
def running(portal: str, provider: Provider) -> OrganizationRef:
    """Halden's connection at a real server, by the clock of the day."""
    clock.set_for_test(None)
    where = cast.workspace()
    return connect(where.organization, provider, domain="halden.example")


def _of_now(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The table of attacks as it is when its noon is now."""
    spec = importlib.util.spec_from_file_location("attacks_of_now", attacks.__file__)
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as patch:
        patch.setattr(cast, "NOON", datetime.now(tz=UTC).replace(microsecond=0))
        spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize("way", WAYS)
def test_it_refuses_every_attack(
    way: str,
    portal: str,
    running: OrganizationRef,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {}
    for name in attacks.ATTACKS:
        limits.forget_all()
        table = _of_now(monkeypatch)
        attack, visitor = table.ATTACKS[name], _RealVisitor(client=_Wire(portal))
        document = attack.make(table.Scene(provider=provider, asked=visitor.ask()))
        if way == "encrypted" and not attacks.can_be_hidden(document):
            continue
        response = visitor.bring_encoded(encoded(WAYS[way](document)))
        page = response.content.decode()
        is_told = any(f">{code}<" in page for code in attack.codes)
        is_refused = 400 <= response.status_code < 500
        # The last step writes the session that it leaves anonymous.
        is_in = "sessionid" in response.cookies and visitor.is_in
        if is_in or not (is_told and is_refused):
            wrong[name] = response.status_code

    assert wrong == {}


@pytest.mark.parametrize("way", WAYS)
def test_it_lets_every_near_miss_in(
    way: str,
    portal: str,
    running: OrganizationRef,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {}
    for name in attacks.ALLOWED:
        limits.forget_all()
        table = _of_now(monkeypatch)
        visitor = _RealVisitor(client=_Wire(portal))
        document = table.ALLOWED[name](
            table.Scene(provider=provider, asked=visitor.ask())
        )
        response = visitor.bring_encoded(encoded(WAYS[way](document)))
        if not visitor.is_in:
            wrong[name] = response.status_code

    assert wrong == {}
