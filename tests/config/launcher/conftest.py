"""One installation for the tests that start it, in turn."""

import pytest

from tests.config.launcher.installation import Installation


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Started once before, so that the tests' own starts are quick ones."""
    found = Installation(tmp_path_factory.mktemp("installation"))
    with found.started():
        pass
    return found
