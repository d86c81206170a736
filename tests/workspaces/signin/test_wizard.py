"""The steps of the wizard: our values first, then what the other side says."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kit import scoping
from tests import cast
from tests.workspaces.signin import wizardry
from tests.workspaces.signin.conftest import entries
from tests.workspaces.signin.provider import Provider, key_pair
from tests.workspaces.signin.wizardry import HALDEN, Admin
from workspaces.signin import selectors
from workspaces.signin.models import RoleRule, SamlConnection
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara(halden: WorkspaceRef) -> Admin:
    return wizardry.owner(halden)


def test_our_values_need_nothing_of_the_provider(mara: Admin) -> None:
    at = mara.draft()

    page = mara.client.get(f"{at}values/").content.decode()

    base = "/accounts/saml/halden-instruments"
    for end in ("metadata/", "acs/", "sls/"):
        assert f"{base}/{end}" in page
    assert page.count("data-copy=") == 4
    metadata = Client().get(f"{base}/metadata/")
    assert b"AssertionConsumerService" in metadata.content
    assert entries(mara.organization)[-1]["action"] == "workspaces.saml.drafted"


def test_nobody_can_sign_in_through_a_draft(mara: Admin) -> None:
    mara.draft()

    response = Client().get("/accounts/saml/halden-instruments/login/")

    assert response.status_code == 403


def test_a_second_connection_has_addresses_of_its_own(
    connected: OrganizationRef, mara: Admin
) -> None:
    at = mara.draft()

    page = mara.client.get(f"{at}values/").content.decode()

    assert "/accounts/saml/halden-instruments-2/acs/" in page


def test_a_name_that_an_organization_has_is_left_to_it(
    connected: OrganizationRef, mara: Admin
) -> None:
    cast.organization("halden-instruments-2", name="Two", owner="two@two.example")

    at = mara.draft()

    assert mara.row(at).slug == "halden-instruments-3"


def test_five_connections_are_the_most(mara: Admin) -> None:
    for _ in range(5):
        mara.draft()

    response = mara.client.post(f"{HALDEN}/new/")

    assert response.status_code == 409
    assert "5 connections at most" in response.content.decode()


def test_a_value_changed_by_hand_leaves_the_providers_name(
    mara: Admin, provider: Provider
) -> None:
    at = mara.draft()
    mara.bring(at, provider.metadata())
    row = mara.row(at)
    with scoping.organization(organization_id=mara.organization.id):
        SamlConnection.objects.filter(pk=row.pk).update(label="Halden's own")
        known = selectors.trusted_certificates(connection_id=row.pk)

    mara.client.post(
        f"{at}metadata/",
        {
            "how": "hand",
            "entity_id": row.idp_entity_id,
            "sso_url": row.sso_url,
            "slo_url": "https://idp.example/slo",
            "certificates": known[0].certificate,
        },
    )

    found = mara.row(at)
    assert (found.slo_url, found.label) == ("https://idp.example/slo", "Halden's own")


@pytest.mark.parametrize(
    ("preset", "email", "words"),
    [
        ("entra", "claims/emailaddress", "Identifier (Entity ID)"),
        ("okta", "email", "Audience URI (SP Entity ID)"),
        ("google", "email", "Google gives a file"),
        ("adfs", "claims/emailaddress", "Relying party trust identifier"),
        ("keycloak", "email", "Client ID"),
        ("onelogin", "User.email", "Audience (EntityID)"),
    ],
)
def test_a_preset_speaks_the_words_of_its_product(
    mara: Admin, preset: str, email: str, words: str
) -> None:
    at = mara.draft()

    response = mara.client.post(f"{at}provider/", {"preset": preset})

    assert response["Location"] == f"{at}metadata/"
    assert mara.row(at).attribute_mapping["email"][0].endswith(email)
    pages = [mara.client.get(f"{at}{step}/") for step in ("values", "metadata")]
    assert words in "".join(page.content.decode() for page in pages)


def test_what_was_edited_survives_another_preset(mara: Admin) -> None:
    at = mara.draft()
    mara.map(at, email="mail_of_ours")

    mara.client.post(f"{at}provider/", {"preset": "okta"})

    assert mara.row(at).attribute_mapping["email"] == ["mail_of_ours"]


def test_pasted_metadata_is_shown_parsed(mara: Admin, provider: Provider) -> None:
    at = mara.draft()

    response = mara.bring(at, provider.metadata())

    page = mara.client.get(f"{at}metadata/").content.decode()
    assert response.status_code == 302
    assert "https://idp.example/halden/sso" in page
    assert "CN=idp" in page
    assert "SHA-256" in page
    with scoping.organization(organization_id=mara.organization.id):
        (one,) = selectors.certificates(connection_id=mara.row(at).pk)
    pairs = [one.fingerprint[n : n + 2].upper() for n in range(0, 64, 2)]
    assert ":".join(pairs) in page
    assert entries(mara.organization)[-1]["action"] == "workspaces.saml.configured"


def test_a_file_will_do(mara: Admin, provider: Provider) -> None:
    at = mara.draft()
    file = SimpleUploadedFile("GoogleIDPMetadata.xml", provider.metadata())

    mara.client.post(f"{at}metadata/", {"how": "file", "file": file})

    assert mara.row(at).idp_entity_id == provider.entity_id


def test_values_can_be_typed_by_hand(mara: Admin, provider: Provider) -> None:
    at = mara.draft()

    response = mara.client.post(
        f"{at}metadata/",
        {
            "how": "hand",
            "entity_id": "urn:halden:idp",
            "sso_url": "https://idp.example/sso",
            "slo_url": "https://idp.example/slo",
            "certificates": provider.pair.pem_certificate
            + key_pair("next").pem_certificate,
        },
    )

    assert response.status_code == 302
    row = mara.row(at)
    assert (row.idp_entity_id, row.slo_url, row.label) == (
        "urn:halden:idp",
        "https://idp.example/slo",
        "idp.example",
    )
    with scoping.organization(organization_id=mara.organization.id):
        assert len(selectors.trusted_certificates(connection_id=row.pk)) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"how": "text", "text": "<nothing/>"}, "it describes 0"),
        ({"how": "text", "text": "no xml"}, "not an XML document"),
        ({"how": "text", "text": "<!DOCTYPE x><x/>"}, "not an XML document"),
        ({"how": "text", "text": ""}, "This field is required"),
        ({"how": "url", "url": "http://idp.example/m"}, "https only"),
        ({"how": "url", "url": "file:///etc/passwd"}, "https only"),
        ({"how": "url", "url": "https://"}, "is not a web address"),
        (
            {"how": "hand", "entity_id": "x", "sso_url": "javascript:alert(1)"}
            | {"certificates": "x"},
            "is not a web address",
        ),
        (
            {"how": "hand", "entity_id": "x", "sso_url": "https://idp.example/"}
            | {"certificates": "QUJD"},
            "A certificate cannot be read",
        ),
    ],
)
def test_what_cannot_be_used_is_said_and_changes_nothing(
    mara: Admin, data: dict[str, str], words: str
) -> None:
    at = mara.draft()

    response = mara.client.post(f"{at}metadata/", data)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert mara.row(at).idp_entity_id == ""


_RSA = bytes.fromhex("2a864886f70d010101")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(_RSA, _RSA[:-1] + b"\x63", id="a key of an unknown kind"),
        pytest.param(b"\x0c\x03idp", b"\x0c\x03i\xff\xfe", id="a name that is no text"),
        pytest.param(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", id="version 10"),
    ],
)
@pytest.mark.parametrize("how", ["text", "hand"])
def test_a_certificate_that_cannot_be_read_is_said(
    mara: Admin, provider: Provider, how: str, old: bytes, new: bytes
) -> None:
    at, der = mara.draft(), base64.b64decode(provider.pair.certificate)
    assert old in der
    bad = base64.b64encode(der.replace(old, new)).decode()
    text = provider.metadata().decode().replace(provider.pair.certificate, bad)
    by_hand = {
        "entity_id": "urn:idp",
        "sso_url": "https://idp.example/",
        "certificates": bad,
    }

    response = mara.client.post(
        f"{at}metadata/",
        {"how": how, **({"text": text} if how == "text" else by_hand)},
    )

    assert response.status_code == 422
    assert "A certificate cannot be read" in response.content.decode()


def test_a_file_larger_than_a_megabyte_is_refused(mara: Admin) -> None:
    at = mara.draft()
    file = SimpleUploadedFile("big.xml", b"<x>" + b" " * 1024 * 1024 + b"</x>")

    response = mara.client.post(f"{at}metadata/", {"how": "file", "file": file})

    assert response.status_code == 422
    assert "larger than 1 MB" in response.content.decode()


def test_attributes_are_kept_one_name_a_line(mara: Admin) -> None:
    at = mara.draft()

    response = mara.map(at, email="mail\nemail\n\nmail", groups_attribute="groups")

    assert response["Location"] == f"{at}test/"
    row = mara.row(at)
    assert row.attribute_mapping["email"] == ["mail", "email"]
    assert row.groups_attribute == "groups"


def test_rules_for_members_are_kept(mara: Admin, halden: WorkspaceRef) -> None:
    at = mara.draft()

    response = mara.client.post(
        f"{at}members/",
        {
            "into": "halden-engineering",
            "default_role": "member",
            "rules": "Legal | halden-engineering | compliance_officer\n",
        },
    )

    assert response.status_code == 302
    assert mara.row(at).provisions_into_id == halden.id
    assert (
        "Legal | halden-engineering | compliance_officer"
        in mara.client.get(f"{at}attributes/").content.decode()
    )


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("Legal", "Line 1 is no rule"),
        ("\nLegal | nowhere | admin", "Line 2: this organization has no workspace"),
        ("Legal | halden-engineering | king", "“king” is no role"),
        (
            "Legal | halden-engineering | admin\nLegal | halden-engineering | member",
            "two roles in one workspace",
        ),
        (f"{'x' * 256} | halden-engineering | admin", "255 characters"),
    ],
)
def test_a_wrong_rule_is_named_by_its_line(mara: Admin, rules: str, words: str) -> None:
    at = mara.draft()

    response = mara.client.post(
        f"{at}members/", {"default_role": "member", "rules": rules}
    )

    assert response.status_code == 422
    assert words in response.content.decode()
    with scoping.organization(organization_id=mara.organization.id):
        assert not RoleRule.objects.exists()


@pytest.mark.parametrize("role", ["owner", "member"])
def test_an_admin_cannot_write_rules_that_give_or_take_power(
    halden: WorkspaceRef, role: str
) -> None:
    tomasz = wizardry.admin(halden)
    at = tomasz.draft()

    response = tomasz.client.post(
        f"{at}members/",
        {"default_role": "member", "rules": f"Us | halden-engineering | {role}"},
    )

    assert response.status_code == 422
    assert "an owner of the organization has to do it" in response.content.decode()


def test_a_connection_in_use_keeps_its_provider(
    connected: OrganizationRef, mara: Admin
) -> None:
    at = _first(mara)
    other = Provider(entity_id="https://idp.example/other", key_name="other")

    response = mara.bring(at, other.metadata())

    assert response.status_code == 422
    assert "Begin a second connection" in response.content.decode()
    assert mara.row(at).idp_entity_id == "https://idp.example/halden"


def test_an_admin_changes_nothing_that_says_who_people_are_while_it_is_in_use(
    connected: OrganizationRef, halden: WorkspaceRef, provider: Provider
) -> None:
    tomasz = wizardry.admin(halden)
    at = _first(tomasz)

    brought = tomasz.bring(at, provider.metadata())
    mapped = tomasz.map(at, email="title")

    assert (brought.status_code, mapped.status_code) == (422, 422)
    assert "title" not in tomasz.row(at).attribute_mapping["email"]


def test_an_admin_turns_no_key_of_a_connection_in_use(
    connected: OrganizationRef, halden: WorkspaceRef, mara: Admin
) -> None:
    tomasz = wizardry.admin(halden)
    at = _first(tomasz)

    prepared = tomasz.client.post(f"{at}key/", {"act": "prepare"})
    turned = tomasz.client.post(f"{at}key/", {"act": "promote"})
    by_owner = mara.client.post(f"{at}key/", {"act": "promote"})
    retired = tomasz.client.post(f"{at}key/", {"act": "retire"})

    codes = [one.status_code for one in (prepared, turned, by_owner, retired)]
    assert codes == [302, 403, 302, 403]


def test_a_new_certificate_of_a_connection_in_use_waits_for_an_owner(
    connected: OrganizationRef, mara: Admin
) -> None:
    at = _first(mara)
    mara.bring(at, Provider(key_name="next").metadata())

    page = mara.client.get(f"{at}metadata/").content.decode()
    with scoping.organization(organization_id=mara.organization.id):
        waits = [
            one
            for one in selectors.certificates(connection_id=mara.row(at).pk)
            if one.state == "pending"
        ]
    mara.client.post(
        f"{at}certificate/", {"act": "confirm", "fingerprint": waits[0].fingerprint}
    )

    assert "Waits for an owner" in page
    with scoping.organization(organization_id=mara.organization.id):
        assert len(selectors.trusted_certificates(connection_id=mara.row(at).pk)) == 2
    last = entries(mara.organization)[-1]["action"]
    assert last == "workspaces.saml-certificate.confirmed"


def test_a_waiting_certificate_can_be_refused(
    connected: OrganizationRef, mara: Admin
) -> None:
    at = _first(mara)
    mara.bring(at, Provider(key_name="next").metadata())
    with scoping.organization(organization_id=mara.organization.id):
        print_ = selectors.certificates(connection_id=mara.row(at).pk)[-1].fingerprint

    once = mara.client.post(
        f"{at}certificate/", {"act": "refuse", "fingerprint": print_}
    )
    twice = mara.client.post(
        f"{at}certificate/", {"act": "refuse", "fingerprint": print_}
    )

    assert (once.status_code, twice.status_code) == (302, 404)


def test_the_steps_tell_how_far_it_is(mara: Admin, provider: Provider) -> None:
    at = wizardry.ready(mara, provider)

    page = mara.client.get(f"{at}test/").content.decode()

    assert "step 5 of 6" in page
    assert "certificate until" in page
    assert page.count("c-step-done") == 4
    assert page.count("c-step-locked") == 1


def test_another_organization_sees_no_step(mara: Admin) -> None:
    at = mara.draft()
    sol = cast.person(cast.elsewhere(), "sol.ortega@brennan.example").client()
    theirs = at.replace("halden-instruments", "brennan-foods")

    for step in ("values", "provider", "metadata", "attributes", "test", "activate"):
        assert sol.get(f"{at}{step}/").status_code == 404
        assert sol.get(f"{theirs}{step}/").status_code == 404


def test_the_list_says_what_ends_and_where_to_go_on(
    connected: OrganizationRef,
    halden: WorkspaceRef,
    clock: Callable[[object], None],
) -> None:
    with scoping.organization(organization_id=connected.id):
        row = SamlConnection.objects.get()
        (one,) = selectors.certificates(connection_id=row.pk)
    clock(one.not_after - timedelta(days=20))
    mara = wizardry.owner(halden)

    page = mara.client.get(f"{HALDEN}/").content.decode()

    assert "Ends in 20 days" in page
    assert "In use" in page


def _first(someone: Admin) -> str:
    with scoping.organization(organization_id=someone.organization.id):
        row = SamlConnection.objects.order_by("id")[0]
    return f"{HALDEN}/{row.public_id}/"
