"""People sign in and out through a real identity provider of another maker."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from kit import clock, scoping
from tests import cast
from tests.cast import OPERATOR
from tests.idp import simplesamlphp
from tests.idp.simplesamlphp import PASSWORD, SimpleSamlPhp, Someone
from tests.workspaces.signin.provider import key_pair
from workspaces.signin import metadata
from workspaces.signin.models import SamlConnection
from workspaces.signin.services import connections, domains
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = [pytest.mark.idp, pytest.mark.browser, pytest.mark.slow]

MARA = Someone(name_id="mara", email="mara.lindqvist@halden.example")
Provide = Callable[..., SimpleSamlPhp]


@pytest.fixture
def where(portal: str) -> WorkspaceRef:
    """Halden Engineering, by the real clock."""
    clock.set_for_test(None)
    found = cast.workspace()
    cast.owner(found)
    return found


@pytest.fixture
def provide(where: WorkspaceRef, portal: str, tmp_path: Path) -> Iterator[Provide]:
    """Starts the provider with options of its own, and lets both sides know."""
    if not simplesamlphp.is_installed():
        pytest.skip("SimpleSAMLphp is not installed; `make test` as root installs it")
    folder = tmp_path / "simplesamlphp"
    with ExitStack() as stack:

        def started(*, encrypted: bool = False, **options: str) -> SimpleSamlPhp:
            if encrypted:
                options["assertion.encryption"] = "true"
            provider = stack.enter_context(
                simplesamlphp.running(
                    folder, pair=key_pair("idp"), people=[MARA], **options
                )
            )
            _connect(where, provider, encrypted=encrypted)
            provider.trust(_portal_metadata(portal, where))
            return provider

        yield started
    shutil.rmtree(folder, ignore_errors=True)


def test_a_person_signs_in(page: Page, provide: Provide) -> None:
    provide()

    _sign_in(page)

    page.wait_for_url("**/w/halden-engineering/")


def test_a_wrong_password_stays_with_the_provider(page: Page, provide: Provide) -> None:
    provide()
    page.goto("/accounts/saml/halden-instruments/login/")

    _give_password(page, "wrong")

    expect(page.locator("body")).to_contain_text("Incorrect username or password")


def test_requests_are_signed_where_the_provider_demands_it(
    page: Page, provide: Provide
) -> None:
    provide(**{"redirect.validate": "true", "validate.authnrequest": "true"})

    _sign_in(page)

    page.wait_for_url("**/w/halden-engineering/")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="as it comes"),
        pytest.param(
            {"sharedkey_algorithm": "'http://www.w3.org/2009/xmlenc11#aes256-gcm'"},
            id="AES-256-GCM",
        ),
    ],
)
def test_an_encrypted_assertion_signs_in(
    page: Page, provide: Provide, where: WorkspaceRef, options: dict[str, str]
) -> None:
    provide(encrypted=True, **options)

    _sign_in(page)

    page.wait_for_url("**/w/halden-engineering/")


def test_signing_out_here_can_go_on_at_the_provider(
    page: Page, provide: Provide
) -> None:
    provide()
    _sign_in(page)
    page.wait_for_url("**/w/halden-engineering/")

    page.locator("form[action='/sign-out/'] button").evaluate("one => one.click()")
    page.locator("main a", has_text="Sign out").click()

    page.wait_for_url(lambda url: urlsplit(url).path == "/")
    page.goto("/accounts/saml/halden-instruments/login/")
    expect(page.locator("#password")).to_be_visible()  # the provider asks anew


def test_signing_out_at_the_provider_ends_the_session_here(
    page: Page, provide: Provide
) -> None:
    provider = provide()
    _sign_in(page)
    page.wait_for_url("**/w/halden-engineering/")

    back = f"{provider.url}/resources/default.css"
    page.goto(
        f"{provider.url}/saml2/idp/SingleLogoutService.php?ReturnTo={quote(back)}"
    )
    page.wait_for_url(back)

    page.goto("/w/halden-engineering/")
    expect(page.get_by_label("Work e-mail")).to_be_visible()


def _connect(where: WorkspaceRef, provider: SimpleSamlPhp, *, encrypted: bool) -> None:
    at = clock.now()
    connections.configure(
        actor=OPERATOR,
        organization=where.organization,
        idp=metadata.identity_provider(provider.metadata()),
        activate=True,
        at=at,
    )
    with scoping.organization(organization_id=where.organization.id):
        SamlConnection.objects.update(publishes_encryption_key=encrypted)
    domains.verify(
        actor=OPERATOR,
        organization=where.organization,
        domain="halden.example",
        attested_by="tests",
        at=at,
    )


def _portal_metadata(portal: str, where: WorkspaceRef) -> bytes:
    url = f"{portal}/accounts/saml/{where.organization.slug}/metadata/"
    with urlopen(url, timeout=30) as answer:
        found: bytes = answer.read()
    return found


def _sign_in(page: Page) -> None:
    page.goto("/accounts/saml/halden-instruments/login/")
    _give_password(page, PASSWORD)


def _give_password(page: Page, password: str) -> None:
    page.locator("#username").fill(MARA.name_id)
    page.locator("#password").fill(password)
    page.locator("#password").press("Enter")
