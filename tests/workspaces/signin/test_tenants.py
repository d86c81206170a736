"""One organization's identity provider cannot reach another organization's people."""

import pytest
from allauth.socialaccount.models import SocialAccount

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin.conftest import Visitor, connect
from tests.workspaces.signin.provider import Provider, attributes
from workspaces.members.models import User
from workspaces.signin import metadata
from workspaces.signin.models import MailDomain, SamlConnection
from workspaces.signin.services import connections, domains
from workspaces.signin.services.domains import DomainIsTaken
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db
MARA = "mara.lindqvist@halden.example"


@pytest.fixture
def rival() -> Provider:
    """Brennan Foods' identity provider, which will say anything."""
    return Provider(entity_id="https://idp.example/brennan", key_name="rival")


@pytest.fixture
def brennan(halden: WorkspaceRef, rival: Provider) -> OrganizationRef:
    """Brennan Foods, ready for sign-in."""
    organization = cast.elsewhere().organization
    return connect(organization, rival, domain="brennan.example")


def test_their_provider_naming_our_member_is_refused(
    connected: OrganizationRef, brennan: OrganizationRef, rival: Provider
) -> None:
    visitor = Visitor(slug=brennan.slug)

    response = visitor.bring(
        rival.answer(visitor.ask(), at=NOON, attributes=attributes(email=MARA))
    )

    assert b">domain_not_proven<" in response.content
    assert visitor.user_id is None
    assert not SocialAccount.objects.exists()


def test_an_equal_name_id_is_another_person(
    connected: OrganizationRef,
    brennan: OrganizationRef,
    provider: Provider,
    rival: Provider,
    visitor: Visitor,
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON, name_id="1001"))
    theirs = Visitor(slug=brennan.slug)

    theirs.bring(
        rival.answer(
            theirs.ask(),
            at=NOON,
            name_id="1001",
            attributes=attributes(email="sol.ortega@brennan.example"),
        )
    )

    assert User.objects.get(pk=theirs.user_id).email == "sol.ortega@brennan.example"
    assert visitor.user_id != theirs.user_id


def test_claiming_our_providers_entity_id_opens_nothing(
    connected: OrganizationRef, brennan: OrganizationRef, provider: Provider
) -> None:
    imposter = Provider(entity_id=provider.entity_id, key_name="rival")
    connections.configure(
        actor=OPERATOR,
        organization=brennan,
        idp=metadata.identity_provider(imposter.metadata()),
        at=NOON,
    )
    visitor = Visitor(slug=brennan.slug)

    response = visitor.bring(
        imposter.answer(visitor.ask(), at=NOON, attributes=attributes(email=MARA))
    )

    assert b">domain_not_proven<" in response.content


def test_their_answer_is_no_answer_for_our_connection(
    connected: OrganizationRef, brennan: OrganizationRef, rival: Provider
) -> None:
    visitor = Visitor(slug=connected.slug)

    response = visitor.bring(
        rival.answer(visitor.ask(), at=NOON, attributes=attributes(email=MARA))
    )

    assert b">issuer<" in response.content


def test_a_member_of_both_must_sign_in_to_each(
    connected: OrganizationRef,
    brennan: OrganizationRef,
    halden: WorkspaceRef,
    provider: Provider,
    visitor: Visitor,
) -> None:
    office = cast.workspace(brennan, slug="brennan-office")
    cast.person(office, MARA)

    visitor.bring(provider.answer(visitor.ask(), at=NOON))

    assert visitor.client.get("/w/brennan-office/").status_code == 404


def test_a_domain_has_one_holder(
    connected: OrganizationRef, brennan: OrganizationRef
) -> None:
    with pytest.raises(DomainIsTaken, match="“halden"):
        domains.verify(
            actor=OPERATOR,
            organization=brennan,
            domain="HALDEN.example",
            attested_by="tests",
            at=NOON,
        )


def test_another_organizations_rows_are_not_seen(
    connected: OrganizationRef, brennan: OrganizationRef
) -> None:
    with scoping.organization(organization_id=brennan.id):
        assert SamlConnection.objects.get().slug == "brennan-foods"
        assert MailDomain.objects.get().domain == "brennan.example"


def test_a_removed_member_is_refused_though_linked(
    connected: OrganizationRef, halden: WorkspaceRef, provider: Provider
) -> None:
    jun = cast.member(halden)
    first = Visitor()
    says_jun = {"name_id": "jun-1", "attributes": attributes(email=jun.user.email)}
    first.bring(provider.answer(first.ask(), at=NOON, **says_jun))
    assert first.user_id == jun.user.pk
    _remove(jun)
    visitor = Visitor()

    response = visitor.bring(provider.answer(visitor.ask(), at=NOON, **says_jun))

    assert b">not_a_member<" in response.content
    assert b"mara.lindqvist" in response.content  # who to ask


def test_a_closed_account_is_refused(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    User.objects.filter(email=MARA).update(is_active=False)

    response = visitor.bring(provider.answer(visitor.ask(), at=NOON))

    assert b">account_closed<" in response.content


def test_an_address_reassigned_to_another_name_is_refused(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON, name_id="mara-1"))
    other = Visitor()

    response = other.bring(provider.answer(other.ask(), at=NOON, name_id="mara-2"))

    assert b">identity_differs<" in response.content


def _remove(person: cast.Person) -> None:
    with scoping.workspace(
        workspace_id=person.workspace.id,
        organization_id=person.workspace.organization.id,
    ):
        row = person.membership
        row.status = "removed"
        row.save(update_fields=["status"])
