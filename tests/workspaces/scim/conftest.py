"""A workspace whose organization has proven its mail domain, and its provider."""

from collections.abc import Callable

import pytest

from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.scim.provider import Provider
from workspaces.keys.services import scim_tokens
from workspaces.signin.services import domains
from workspaces.tenancy.selectors import WorkspaceRef


def prove(where: WorkspaceRef, domain: str) -> None:
    domains.verify(
        actor=OPERATOR,
        organization=where.organization,
        domain=domain,
        attested_by="tests",
        at=NOON,
    )


@pytest.fixture
def where(db: None) -> WorkspaceRef:
    found = cast.workspace()
    prove(found, "halden.example")
    return found


@pytest.fixture
def elsewhere(db: None) -> WorkspaceRef:
    found = cast.elsewhere()
    prove(found, "brennan.example")
    return found


@pytest.fixture
def provider_of() -> Callable[[WorkspaceRef], Provider]:
    """Makes the identity provider of a workspace, with a token of its own."""

    def make(where: WorkspaceRef, **options: str) -> Provider:
        issued = scim_tokens.issue(actor=OPERATOR, workspace=where, at=NOON, **options)
        return Provider(where=where, token=issued.secret or "")

    return make


@pytest.fixture
def idp(
    where: WorkspaceRef, provider_of: Callable[[WorkspaceRef], Provider]
) -> Provider:
    """The provider of Halden Engineering."""
    return provider_of(where)
