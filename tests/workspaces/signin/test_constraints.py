"""What the database itself refuses about sign-in."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kit import scoping
from tests.cast import NOON
from workspaces.signin.models import MailDomain, SamlConnection, SpentAssertion
from workspaces.tenancy.selectors import OrganizationRef

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("connection_state_known", {"state": "open"}),
        ("connection_is_named", {"slug": ""}),
        ("connection_is_named", {"idp_entity_id": ""}),
        ("connection_required_is_active", {"state": "draft", "is_required": True}),
    ],
)
def test_a_broken_connection_is_refused(
    name: str, change: dict[str, Any], connected: OrganizationRef
) -> None:
    with (
        scoping.organization(organization_id=connected.id),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        SamlConnection.objects.update(**change)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("domain_claimed_once", {"domain": "halden.example"}),
        ("domain_folded", {"domain": "Halden.example"}),
        ("domain_attested_is_proven", {"domain": "b.example", "attested_by": "x"}),
    ],
)
def test_a_broken_domain_is_refused(
    name: str, values: dict[str, Any], connected: OrganizationRef
) -> None:
    with (
        scoping.organization(organization_id=connected.id),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        MailDomain.objects.create(
            organization_id=connected.id, challenge="c", claimed_at=NOON, **values
        )


def test_an_assertion_is_spent_once_and_for_a_connection_of_its_own_organization(
    connected: OrganizationRef,
) -> None:
    with scoping.organization(organization_id=connected.id):
        mine = SamlConnection.objects.get()
        values = {"organization_id": connected.id, "expires_at": NOON}
        SpentAssertion.objects.create(connection_id=mine.pk, id_hash=b"a", **values)

        with (
            pytest.raises(IntegrityError, match="assertion_spent_once"),
            transaction.atomic(),
        ):
            SpentAssertion.objects.create(connection_id=mine.pk, id_hash=b"a", **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            SpentAssertion.objects.create(
                connection_id=mine.pk + 999, id_hash=b"b", **values
            )


def test_a_spent_assertion_cannot_be_changed(connected: OrganizationRef) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select has_table_privilege(current_user, 'workspaces_spentassertion', %s)",
            ["update"],
        )
        assert cursor.fetchone() == (False,)
