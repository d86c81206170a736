"""Metadata by address: read by a task, kept when it fails, believed with care."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount

from kit import scoping
from tests.cast import NOON
from tests.workspaces.signin import wizardry
from tests.workspaces.signin.conftest import Visitor, entries
from tests.workspaces.signin.provider import Provider, key_pair
from tests.workspaces.signin.wizardry import HALDEN, Admin
from workspaces.notices.models import Notice
from workspaces.signin import selectors, tasks
from workspaces.signin.models import SamlConnection
from workspaces.signin.services import refreshing
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db
URL = "https://idp.example/metadata"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What stands at addresses of the internet."""
    pages: dict[str, Any] = {}

    def fetch(url: str) -> bytes:
        found = pages[url]
        if isinstance(found, BaseException):
            raise found
        return bytes(found)

    monkeypatch.setattr(refreshing, "fetch", fetch)
    monkeypatch.setattr(tasks.read_metadata, "delay", lambda: None)
    return pages


@pytest.fixture
def mara(halden: WorkspaceRef) -> Admin:
    return wizardry.owner(halden)


def both(provider: Provider, other: Provider) -> bytes:
    """Metadata that lists the certificates of both."""
    return provider.metadata().replace(
        b"</md:KeyDescriptor>",
        b'</md:KeyDescriptor><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>'
        b"<ds:X509Certificate>"
        + other.pair.certificate.encode()
        + b"</ds:X509Certificate>"
        b"</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
    )


def by_url(mara: Admin) -> str:
    """The connection in use, read from an address from now on."""
    with scoping.organization(organization_id=mara.organization.id):
        row = SamlConnection.objects.get()
    at = f"{HALDEN}/{row.public_id}/"
    response = mara.client.post(f"{at}metadata/", {"how": "url", "url": URL})
    assert response.status_code == 302
    return at


def states(mara: Admin, at: str) -> list[str]:
    with scoping.organization(organization_id=mara.organization.id):
        found = selectors.certificates(connection_id=mara.row(at).pk)
        return [one.state for one in found]


def test_a_draft_is_filled_by_the_task(
    mara: Admin, web: dict[str, Any], provider: Provider
) -> None:
    web[URL] = provider.metadata()
    at = mara.draft()
    mara.client.post(f"{at}metadata/", {"how": "url", "url": URL})
    waiting = mara.client.get(f"{at}metadata/").content.decode()

    tasks.read_metadata()

    assert "is being read" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    row = mara.row(at)
    assert row.idp_entity_id == provider.entity_id
    assert row.metadata_due_at == NOON + timedelta(hours=6)
    page = mara.client.get(f"{at}metadata/", headers={"hx-request": "true"})
    assert b"hx-trigger" not in page.content
    assert entries(mara.organization)[-1]["action"] == "workspaces.saml.metadata-read"


def test_a_failure_keeps_the_last_good_copy_and_is_shown_once_recorded(
    connected: OrganizationRef, mara: Admin, web: dict[str, Any]
) -> None:
    at = by_url(mara)
    web[URL] = refreshing.NotRead("idp.example took too long.")

    assert refreshing.read_due(at=NOON) == 0
    assert refreshing.read_due(at=NOON) == 0
    assert refreshing.read_due(at=NOON + timedelta(hours=2)) == 0

    row = mara.row(at)
    assert row.idp_entity_id == "https://idp.example/halden"
    assert row.metadata_problem == "idp.example took too long."
    acts = [one["action"] for one in entries(mara.organization)]
    assert acts.count("workspaces.saml.metadata-read") == 1
    assert "took too long" in mara.client.get(f"{at}metadata/").content.decode()


def test_what_is_no_metadata_changes_nothing(
    connected: OrganizationRef, mara: Admin, web: dict[str, Any]
) -> None:
    at = by_url(mara)
    web[URL] = b"<html>Sign in</html>"

    refreshing.read_due(at=NOON)

    assert mara.row(at).sso_url == "https://idp.example/halden/sso"
    assert "describe one identity provider" in mara.row(at).metadata_problem


def test_a_new_certificate_beside_a_known_one_is_adopted(
    connected: OrganizationRef, mara: Admin, web: dict[str, Any], provider: Provider
) -> None:
    at = by_url(mara)
    web[URL] = both(provider, Provider(key_name="next"))

    refreshing.read_due(at=NOON)
    refreshing.read_due(at=NOON + timedelta(hours=7))

    assert states(mara, at) == ["trusted", "trusted"]
    with scoping.organization(organization_id=mara.organization.id):
        (mail,) = Notice.objects.filter(kind="certificate-believed")
    assert mail.email == "mara.lindqvist@halden.example"
    assert URL in mail.text


def test_the_old_one_goes_once_it_is_no_longer_listed(
    connected: OrganizationRef, mara: Admin, web: dict[str, Any], provider: Provider
) -> None:
    at = by_url(mara)
    web[URL] = both(provider, Provider(key_name="next"))
    refreshing.read_due(at=NOON)
    web[URL] = Provider(key_name="next").metadata()

    refreshing.read_due(at=NOON + timedelta(hours=7))

    with scoping.organization(organization_id=mara.organization.id):
        (one,) = selectors.certificates(connection_id=mara.row(at).pk)
    assert one.certificate == key_pair("next").certificate


def test_a_certificate_alone_waits_and_owners_are_told_once(
    connected: OrganizationRef, mara: Admin, web: dict[str, Any]
) -> None:
    at = by_url(mara)
    web[URL] = Provider(
        key_name="thief", sso_url="https://thief.example/sso"
    ).metadata()

    refreshing.read_due(at=NOON)
    refreshing.read_due(at=NOON + timedelta(hours=7))

    assert states(mara, at) == ["trusted", "pending"]
    assert mara.row(at).sso_url == "https://idp.example/halden/sso"
    with scoping.organization(organization_id=mara.organization.id):
        (mail,) = Notice.objects.filter(kind="certificate-waits")
    assert mail.email == "mara.lindqvist@halden.example"
    assert f"{at}metadata/" in mail.text


def test_another_provider_at_the_address_is_not_followed(
    connected: OrganizationRef, mara: Admin, web: dict[str, Any], provider: Provider
) -> None:
    at = by_url(mara)
    web[URL] = Provider(entity_id="https://idp.example/other").metadata()

    refreshing.read_due(at=NOON)

    assert mara.row(at).idp_entity_id == provider.entity_id
    assert "Begin a second connection" in mara.row(at).metadata_problem


def test_where_nobody_depends_on_it_it_is_followed_and_identities_are_unlinked(
    connected: OrganizationRef, mara: Admin, web: dict[str, Any], provider: Provider
) -> None:
    visitor = Visitor()
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    at = by_url(mara)
    with scoping.organization(organization_id=mara.organization.id):
        SamlConnection.objects.update(state="inactive")
    web[URL] = Provider(entity_id="https://idp.example/other").metadata()

    refreshing.read_due(at=NOON)

    assert visitor.user_id is not None
    assert mara.row(at).idp_entity_id == "https://idp.example/other"
    assert not SocialAccount.objects.exists()


def test_what_is_claimed_is_not_read_twice(
    connected: OrganizationRef,
    mara: Admin,
    web: dict[str, Any],
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = by_url(mara)
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        refreshing.read_due(at=NOON)  # a second worker, meanwhile
        return provider.metadata()

    monkeypatch.setattr(refreshing, "fetch", fetch)
    refreshing.read_due(at=NOON)

    assert asked == [URL]
    assert mara.row(at).metadata_read_at == NOON


def test_a_dead_worker_only_makes_it_late(
    connected: OrganizationRef,
    mara: Admin,
    web: dict[str, Any],
    provider: Provider,
    clock: Callable[[datetime], None],
) -> None:
    at = by_url(mara)
    web[URL] = SystemExit()
    with pytest.raises(SystemExit):
        refreshing.read_due(at=NOON)
    web[URL] = provider.metadata()

    early = refreshing.read_due(at=NOON + timedelta(minutes=4))
    late = refreshing.read_due(at=NOON + timedelta(minutes=6))

    assert (early, late) == (0, 1)
    assert mara.row(at).metadata_problem == ""


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/m", "https://10.0.0.1/m", "https://localhost/m"]
)
def test_private_addresses_are_refused(url: str, settings: Any) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    with pytest.raises(refreshing.NotRead, match="off limits"):
        refreshing.fetch(url)
