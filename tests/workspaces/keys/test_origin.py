"""A key comes from its own networks, and from those of its organization."""

import pytest

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.keys import selectors
from workspaces.keys.services import api_keys
from workspaces.tenancy.models import Organization

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("own", "organization", "ip", "is_admitted"),
    [
        ([], [], "192.0.2.7", True),
        (["192.0.2.0/24"], [], "192.0.2.7", True),
        ([], ["192.0.2.0/24"], "192.0.2.7", True),
        ([], ["198.51.100.0/24"], "192.0.2.7", False),
        (["192.0.2.0/24"], ["198.51.100.0/24"], "192.0.2.7", False),
        (["198.51.100.0/24"], ["192.0.2.0/24"], "192.0.2.7", False),
        (["192.0.2.0/24"], ["192.0.0.0/16"], "192.0.2.7", True),
    ],
)
def test_both_lists_have_to_admit_it(
    own: list[str], organization: list[str], ip: str, is_admitted: bool
) -> None:
    where = cast.workspace()
    issued = api_keys.issue(
        actor=OPERATOR,
        organization=where.organization,
        workspace=where,
        name="Export",
        scopes=["all"],
        allowed_networks=own,
        at=NOON,
    )
    with scoping.organization(organization_id=where.organization.id):
        Organization.objects.update(api_networks=organization)

    found = selectors.presented_key(secret=issued.secret or "", at=NOON)

    assert found is not None
    assert selectors.may_come_from(found, ip=ip) is is_admitted
