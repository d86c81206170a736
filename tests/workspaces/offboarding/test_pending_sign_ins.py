"""A sign-in that was half done when its person left is not finished."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.signin import tickets
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.models import ConnectionState, SamlConnection
from workspaces.signin.reasons import SignInRefused
from workspaces.signin.selectors import ConnectionRef
from workspaces.tenancy.selectors import WorkspaceRef

ASSERTION = VerifiedAssertion(
    response_id="_r",
    assertion_id="_a",
    request_id="_q",
    name_id="jun",
    name_id_format="",
    name_id_qualifier="",
    name_id_own_qualifier="",
    session_index="",
    authenticated_at=None,
    signed_by=(),
    email="jun.takahashi@halden.example",
    first_name="",
    last_name="",
    session_ends_at=None,
    expires_at=NOON + timedelta(minutes=5),
)


@pytest.mark.django_db(transaction=True)
def test_it_is_dropped_once_the_departure_commits() -> None:
    cache.clear()
    where = cast.workspace()
    ref, other = connection(where), connection(cast.elsewhere())
    pending = tickets.keep(ref=ref, assertion=ASSERTION)
    elsewhere = tickets.keep(ref=other, assertion=ASSERTION)

    report = offboard(
        actor=OPERATOR,
        workspace=where,
        member=cast.member(where).membership.public_id,
        departure=Departure.SUSPENDED,
        at=NOON,
    )

    counts = {one["name"]: one["count"] for one in report.steps}
    assert counts["pending_sign_ins"] == 1
    with pytest.raises(SignInRefused):
        tickets.take(ref=ref, token=pending)
    assert tickets.take(ref=other, token=elsewhere) == ASSERTION
    later = tickets.keep(ref=ref, assertion=ASSERTION)
    assert tickets.take(ref=ref, token=later) == ASSERTION


def connection(where: WorkspaceRef) -> ConnectionRef:
    with scoping.organization(organization_id=where.organization.id):
        row = SamlConnection.objects.create(
            organization_id=where.organization.id,
            slug=where.organization.slug,
            public_id=UUID(int=where.organization.id),
            idp_entity_id=f"https://idp-{where.organization.id}.example",
            attribute_mapping={},
            created_at=NOON,
        )
    return ConnectionRef(
        organization=where.organization,
        id=row.pk,
        public_id=row.public_id,
        slug=row.slug,
        state=ConnectionState.DRAFT,
        label="",
    )
