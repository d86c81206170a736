"""The commands that prepare an organization's sign-in."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kit import scoping, sealing
from tests import cast
from tests.cast import NOON
from tests.workspaces.signin.conftest import Visitor, entries
from tests.workspaces.signin.provider import Provider
from workspaces.signin import dns_records, selectors
from workspaces.signin.models import MailDomain, SamlConnection
from workspaces.signin.services import keys
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db
SLUG = "--organization=halden-instruments"


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out, stderr=StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture
def file(provider: Provider, tmp_path: Path) -> Path:
    path = tmp_path / "idp.xml"
    path.write_bytes(provider.metadata())
    return path


def _connection(halden: WorkspaceRef) -> SamlConnection:
    with scoping.organization(organization_id=halden.organization.id):
        return SamlConnection.objects.select_related("organization").get()


def test_configuring_tells_what_the_provider_needs(
    halden: WorkspaceRef, file: Path, settings: object
) -> None:
    told = run("configure_saml", SLUG, f"--metadata-file={file}", "--activate")

    row = _connection(halden)
    base = f"{settings.CUSTOS_BASE_URL}/accounts/saml/halden-instruments"
    assert told == {
        "id": str(row.public_id),
        "acs_url": f"{base}/acs/",
        "entity_id": f"{base}/metadata/",
    }
    assert (row.slug, row.state) == ("halden-instruments", "active")
    assert entries(halden.organization)[-1]["action"] == "workspaces.saml.configured"


def test_configuring_twice_changes_and_records_nothing(
    halden: WorkspaceRef, file: Path
) -> None:
    first = run("configure_saml", SLUG, f"--metadata-file={file}", "--activate")
    before = len(entries(halden.organization))

    second = run("configure_saml", SLUG, f"--metadata-file={file}", "--activate")

    assert first == second
    assert len(entries(halden.organization)) == before


def test_a_draft_lets_nobody_in(halden: WorkspaceRef, file: Path) -> None:
    run("configure_saml", SLUG, f"--metadata-file={file}")

    response = Visitor().client.get("/accounts/saml/halden-instruments/login/")

    assert response.status_code == 403
    assert b">connection_off<" in response.content


def test_requiring_needs_an_active_connection(halden: WorkspaceRef, file: Path) -> None:
    with pytest.raises(CommandError, match="--activate"):
        run("configure_saml", SLUG, f"--metadata-file={file}", "--require")


def test_requiring_is_kept(halden: WorkspaceRef, file: Path) -> None:
    run("configure_saml", SLUG, f"--metadata-file={file}", "--activate", "--require")

    later = cast.workspace(halden.organization, slug="halden-legal")
    with scoping.organization(organization_id=halden.organization.id):
        found = dict(Workspace.objects.values_list("slug", "sso"))
    assert found == {halden.slug: "required", later.slug: "required"}


def test_our_key_is_sealed_to_its_place(halden: WorkspaceRef, file: Path) -> None:
    run("configure_saml", SLUG, f"--metadata-file={file}")
    row = _connection(halden)

    with scoping.organization(organization_id=halden.organization.id):
        stored = bytes(selectors.current_key(connection_id=row.pk).sealed_key)
        assert b"PRIVATE KEY" not in stored
        assert b"PRIVATE KEY" in keys.signing_key(row)

        row.public_id = row.organization.public_id
        with pytest.raises(sealing.CannotOpen):
            keys.signing_key(row)


def test_another_provider_unlinks_what_was_linked(
    connected: OrganizationRef, provider: Provider, tmp_path: Path
) -> None:
    visitor = Visitor()
    visitor.bring(provider.answer(visitor.ask(), at=NOON, name_id="1001"))
    moved = Provider(entity_id="https://new.example/idp", key_name="new")
    path = tmp_path / "new.xml"
    path.write_bytes(moved.metadata())

    run("configure_saml", SLUG, f"--metadata-file={path}")

    other = Visitor()
    other.bring(moved.answer(other.ask(), at=NOON, name_id="2002"))
    assert other.user_id == visitor.user_id  # linked again, by the proven address


def test_signed_requests_are_sent_where_the_provider_wants_them(
    halden: WorkspaceRef, provider: Provider, tmp_path: Path
) -> None:
    path = tmp_path / "idp.xml"
    path.write_bytes(provider.metadata(WantAuthnRequestsSigned="true"))
    run("configure_saml", SLUG, f"--metadata-file={path}", "--activate")

    url = Visitor().client.get("/accounts/saml/halden-instruments/login/")["Location"]

    assert "&SigAlg=http" in url
    assert "&Signature=" in url


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not an XML document"),
        (b"<!DOCTYPE a><a/>", "not an XML document"),
        (b"<a/>", "describes 0"),
    ],
)
def test_unusable_metadata_is_refused_in_one_sentence(
    content: bytes, sentence: str, halden: WorkspaceRef, tmp_path: Path
) -> None:
    path = tmp_path / "bad.xml"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=sentence):
        run("configure_saml", SLUG, f"--metadata-file={path}")


def test_a_missing_file_is_named(halden: WorkspaceRef, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run("configure_saml", SLUG, f"--metadata-file={tmp_path / 'none.xml'}")


def test_metadata_from_a_private_address_is_refused(halden: WorkspaceRef) -> None:
    with pytest.raises(CommandError):
        run("configure_saml", SLUG, "--metadata-url=https://127.0.0.1:1/idp.xml")


def test_an_unknown_organization_is_named(db: None, file: Path) -> None:
    with pytest.raises(CommandError, match="no organization “nobody”"):
        run("configure_saml", "--organization=nobody", f"--metadata-file={file}")


def test_an_operator_can_attest_a_domain(halden: WorkspaceRef) -> None:
    told = run("verify_domain", SLUG, "--domain=Bücher.example", "--attest")

    assert told == {"domain": "xn--bcher-kva.example", "verified": True}
    assert entries(halden.organization)[-1]["action"] == "workspaces.domain.verified"


def test_a_domain_is_proven_by_its_record(
    halden: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        dns_records, "txt_records", lambda name: asked.append(name) or ()
    )
    first = run("verify_domain", SLUG, "--domain=halden.example")
    monkeypatch.setattr(
        dns_records, "txt_records", lambda _: ("other", first["txt_value"])
    )

    second = run("verify_domain", SLUG, "--domain=halden.example")

    assert asked == ["_custos.halden.example"]
    assert not first["verified"]
    assert second == {"domain": "halden.example", "verified": True}


def test_what_is_proven_stays_proven(
    connected: OrganizationRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns_records, "txt_records", lambda _: ())
    before = len(entries(connected))

    told = run("verify_domain", SLUG, "--domain=halden.example")

    assert told["verified"]
    assert len(entries(connected)) == before
    with scoping.organization(organization_id=connected.id):
        assert MailDomain.objects.get().attested_by == "tests"


def test_a_malformed_domain_is_refused(halden: WorkspaceRef) -> None:
    with pytest.raises(CommandError, match="domain"):
        run("verify_domain", SLUG, "--domain=not a domain", "--attest")


@pytest.mark.parametrize(
    "domain", ["ac me", "localhost", "halden..example", "10.0.0.1"]
)
def test_what_is_no_domain_is_called_one(halden: WorkspaceRef, domain: str) -> None:
    with pytest.raises(CommandError, match="is no mail domain: write a full name"):
        run("verify_domain", SLUG, f"--domain={domain}", "--attest")
