"""An installation key of its own for every vault test, and nothing held over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from kit import sealing
from kit.vault import keys


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    path = tmp_path / "installation"
    sealing.create_installation_key(path)
    settings.CUSTOS_INSTALLATION_KEY_FILE = path
    keys._parents.forget_all()
    yield path
    keys._parents.forget_all()
