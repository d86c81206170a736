"""A workspace, its front end, and a member about whom it asks."""

import pytest
from django.core.cache import cache

from tests import cast
from tests.cast import Person
from tests.workspaces.decisions.asking import FrontEnd
from workspaces.tenancy.selectors import WorkspaceRef


@pytest.fixture
def where() -> WorkspaceRef:
    cache.clear()
    return cast.workspace()


@pytest.fixture
def front(where: WorkspaceRef) -> FrontEnd:
    return FrontEnd(where)


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)
