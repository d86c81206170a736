"""The checks that keep a lax sign-in from starting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from config.launcher.surroundings import BASE_DIR
from workspaces.signin import checks

_LAX = """
from workspaces.signin import signatures
signatures.REFERENCE_TRANSFORMS = ()
import config.wsgi
"""


def test_this_installation_passes() -> None:
    assert checks.settings_are_strict(None) == []
    assert checks.libraries_fit(None) == []
    assert checks.signatures_are_strict(None) == []
    assert checks.encryption_is_strict(None) == []


@pytest.mark.parametrize(
    "name",
    [
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION",
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT",
    ],
)
def test_matching_people_by_address_is_an_error(name: str, settings: object) -> None:
    setattr(settings, name, True)

    assert [one.id for one in checks.settings_are_strict(None)] == ["signin.E001"]


def test_trusting_a_providers_addresses_is_an_error(settings: object) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {"saml": {"VERIFIED_EMAIL": True}}

    assert [one.id for one in checks.settings_are_strict(None)] == ["signin.E001"]


def test_a_lost_replacement_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OneLogin_Saml2_Utils, "validate_node_sign", lambda *_: True)

    assert [one.id for one in checks.signatures_are_strict(None)] == ["signin.E003"]


def test_a_lax_context_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.signatures, "REFERENCE_TRANSFORMS", ())

    found = checks.signatures_are_strict(None)

    assert {one.id for one in found} == {"signin.E003"}


def test_an_opening_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.encryption, "_gcm", lambda *_: None)

    found = checks.encryption_is_strict(None)

    assert [one.id for one in found] == ["signin.E004"]


def test_an_opening_that_takes_rsa_1_5_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sha1 = checks.encryption.SHA1
    monkeypatch.setattr(checks.encryption, "_wrapping", lambda _: (sha1, sha1))

    found = checks.encryption_is_strict(None)

    assert [one.id for one in found] == ["signin.E004"]


def test_no_web_process_starts_with_a_lax_sign_in(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _LAX],
        cwd=BASE_DIR,
        env=os.environ | {"CUSTOS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "ImproperlyConfigured: Self-test of signatures" in done.stderr
