"""The store follows every rule that the core has for storages."""

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import ScimStorageContract

from tests.cast import NOON, OPERATOR
from workspaces.scim import core
from workspaces.scim.services.people import Writer
from workspaces.scim.services.store import Store
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


class TestOurStore(ScimStorageContract):
    """The suite that the core ships for storages."""

    @pytest.fixture
    def provider(self) -> ScimProvider:
        return core.provider()

    @pytest.fixture
    def storage(self, where: WorkspaceRef) -> Store:
        return Store(Writer(actor=OPERATOR, workspace=where, at=NOON))
