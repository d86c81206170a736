"""Founding an organization."""

import pytest

from audit.log import owners
from audit.log.models import AuditEntry
from audit.log.owners import Owner
from kit import scoping, vault
from kit.permissions import PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.members import services
from workspaces.members.addresses import BadAddress
from workspaces.tenancy import selectors
from workspaces.tenancy.models import Organization, OrganizationAdministrator
from workspaces.tenancy.naming import BadName, BadSlug

pytestmark = pytest.mark.django_db


def test_it_has_an_owner_a_key_and_a_log() -> None:
    halden = cast.organization()

    with scoping.organization(organization_id=halden.id):
        row = Organization.objects.get()
        owner = OrganizationAdministrator.objects.get()
        entries = AuditEntry.objects.count()
    assert (row.slug, owner.role) == ("halden-instruments", "owner")
    assert row.key_id in vault.read_keys([row.key_id])
    assert entries == 2  # the organization, and its owner


def test_the_audit_log_is_told_that_it_must_have_one() -> None:
    halden = cast.organization()

    demanded = owners.owners()

    assert demanded == [Owner(organization_id=halden.id, slug=halden.slug)]


def test_creating_what_exists_returns_it() -> None:
    first = cast.organization()

    again = cast.organization(name="Another name")

    assert again == first
    assert selectors.organization_by_slug(slug=first.slug).name == first.name


def test_the_owner_is_one_person_whatever_the_spelling() -> None:
    halden = cast.organization(owner=" Mara@Halden.Example ")
    cast.organization("second", name="Second", owner="mara@halden.example")

    with scoping.organization(organization_id=halden.id):
        owner = OrganizationAdministrator.objects.get()

    found = selectors.administrations_of(user_id=owner.user_id)
    assert [one.organization.slug for one in found] == ["halden-instruments", "second"]


@pytest.mark.parametrize(
    ("slug", "name", "email", "refusal"),
    [
        ("Halden", "Halden", "a@b.example", BadSlug),
        ("-halden", "Halden", "a@b.example", BadSlug),
        ("h" * 64, "Halden", "a@b.example", BadSlug),
        ("halden", " ", "a@b.example", BadName),
        ("halden", "Hal\x00den", "a@b.example", BadName),
        ("halden", "Hal\u202eden", "a@b.example", BadName),
        ("halden", "H" * 201, "a@b.example", BadName),
        ("halden", "Halden", "nobody", BadAddress),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    slug: str, name: str, email: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as refused:
        services.create_organization(
            actor=OPERATOR, slug=slug, name=name, owner_email=email, at=NOON
        )

    assert str(refused.value).endswith(".")


def test_only_the_operator_may() -> None:
    owner = cast.owner(cast.workspace())

    with pytest.raises(PermissionDenied):
        services.create_organization(
            actor=owner.actor,
            slug="mine",
            name="Mine",
            owner_email="mara.lindqvist@halden.example",
            at=NOON,
        )
