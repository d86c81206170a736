"""What the database itself refuses of saved views."""

from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from audit.saved_views.models import AuditSavedView
from kit import scoping
from tests.audit.conftest import AT, Tenant

pytestmark = pytest.mark.django_db(databases=["default", "vault"])

OWNER, PLACE = UUID(int=1), UUID(int=2)


def keep(tenant: Tenant, **known: Any) -> None:
    with scoping.organization(organization_id=tenant.id):
        AuditSavedView.objects.create(
            **{
                "organization_id": tenant.id,
                "owner": OWNER,
                "name": "Holds",
                "query": "area:holds",
                "created_at": AT,
                **known,
            }
        )


@pytest.mark.parametrize("workspace", [None, PLACE])
def test_a_name_is_ones_own_once_on_each_page(
    halden: Tenant, brightwater: Tenant, workspace: UUID | None
) -> None:
    keep(halden, workspace=workspace)
    keep(halden, workspace=UUID(int=3))
    keep(halden, workspace=workspace, owner=UUID(int=9))
    keep(halden, workspace=workspace, name="holds")
    keep(brightwater, workspace=workspace)

    with (
        pytest.raises(IntegrityError, match="audit_saved_view_name_is_free"),
        transaction.atomic(),
    ):
        keep(halden, workspace=workspace)


def test_a_view_has_a_name(halden: Tenant) -> None:
    with (
        pytest.raises(IntegrityError, match="audit_saved_view_has_a_name"),
        transaction.atomic(),
    ):
        keep(halden, name="")


def test_its_public_id_is_its_own(halden: Tenant, brightwater: Tenant) -> None:
    keep(halden, public_id=OWNER)

    with (
        pytest.raises(IntegrityError, match="audit_saved_view_public_id_key"),
        transaction.atomic(),
    ):
        keep(brightwater, public_id=OWNER)
