"""A home keeps what was decided and lets one launcher in."""

import stat
from pathlib import Path

import pytest

from config.launcher import cluster, keys
from config.launcher.accounts import MYSELF
from config.launcher.home import Home, held, holder
from config.launcher.problems import CannotStart
from kit import sealing, signing


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path / "home")


def test_a_decision_is_kept(home: Home) -> None:
    first = home.memory.once("port", lambda: 1)
    second = Home.at(home.path).memory.once("port", lambda: 2)

    assert (first, second) == (1, 1)


def test_others_may_open_nothing(home: Home) -> None:
    home.memory.keep("password", "secret")
    keys.make_missing(home, are_in_use=False)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in home.path.rglob("*")}
    assert modes == {0o600, 0o700}
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700


def test_damage_is_named(home: Home) -> None:
    (home.path / "launcher.json").write_text("{")

    with pytest.raises(CannotStart, match="damaged"):
        home.memory.recall("port")


def test_a_second_launcher_is_refused(home: Home) -> None:
    with held(home), pytest.raises(CannotStart, match="make stop"), held(home):
        pass

    assert holder(home) is None


def test_the_holder_is_known_only_while_it_holds(home: Home) -> None:
    with held(home):
        assert holder(home)

    assert holder(home) is None


def test_the_keys_are_what_the_kit_reads(home: Home, settings) -> None:  # type: ignore[no-untyped-def]
    made = keys.make_missing(home, are_in_use=False)
    settings.CUSTOS_INSTALLATION_KEY_FILE = home.keys / "installation"

    assert set(made) == {"installation", "log", "django-secret"}
    assert sealing.installation_keys().ids
    assert signing.load(home.keys / "log").public


def test_existing_keys_stay(home: Home) -> None:
    keys.make_missing(home, are_in_use=False)
    before = (home.keys / "installation").read_bytes()

    assert keys.make_missing(home, are_in_use=True) == []
    assert (home.keys / "installation").read_bytes() == before


@pytest.mark.parametrize("name", ["installation", "log"])
def test_a_lost_key_is_not_replaced_in_silence(home: Home, name: str) -> None:
    keys.make_missing(home, are_in_use=False)
    (home.keys / name).unlink()

    with pytest.raises(CannotStart, match=name):
        keys.make_missing(home, are_in_use=True)


def test_databases_without_their_passwords_are_named(home: Home) -> None:
    (home.postgres / "18").mkdir(parents=True)

    with pytest.raises(CannotStart, match="passwords"):
        cluster.of(home, account=MYSELF)
