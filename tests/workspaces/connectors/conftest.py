"""A workspace whose members may use connectors, and how its admins set one up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from pytest_django import Settings

from config.launcher import foreign
from kit import scoping
from kit.scoping import Scope
from tests import cast
from tests.cast import NOON, Person
from tests.oauth import server
from tests.oauth.server import Canaille
from workspaces.access.models import Baseline
from workspaces.connectors import selectors, services
from workspaces.connectors.controls import Kind
from workspaces.connectors.models import ConnectorCut, ConnectorGrant
from workspaces.connectors.oauth import Tokens
from workspaces.connectors.services import Asked
from workspaces.connectors.services.linking import fill
from workspaces.tenancy.selectors import WorkspaceRef

NAME = "Canaille"
SLUG = "custom-canaille"
SetUp = Callable[..., ConnectorCut | None]


@pytest.fixture
def where() -> WorkspaceRef:
    """Halden Engineering, where a feature lets members use connectors."""
    cache.clear()
    found = cast.workspace()
    with opened(found):
        Baseline.objects.create(
            workspace_id=found.id, feature="connectors.use", value="on"
        )
    return found


@pytest.fixture
def scope(where: WorkspaceRef) -> Iterator[Scope]:
    """The workspace, opened."""
    with opened(where) as found:
        yield found


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def set_up(where: WorkspaceRef) -> SetUp:
    """Sets a connector up as an admin does, all else staying as it is."""

    def change(connector: str = "google-drive", **wanted: Any) -> ConnectorCut | None:
        with opened(where):
            before = services.wanted_of(selectors.one(connector=connector))
        return services.change(
            actor=cast.admin(where).actor,
            workspace=where,
            connector=connector,
            wanted=replace(before, **{"is_allowed": True, **wanted}),
            at=NOON,
        )

    return change


@pytest.fixture
def private_is_allowed(settings: Settings) -> None:
    """Apps of tests are on this machine, without TLS."""
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = True


@pytest.fixture(scope="session")
def canaille(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaille]:
    """An authorization server that nobody here wrote."""
    if not foreign.CANAILLE.is_there():
        pytest.skip("Canaille is not installed; `make test` installs it")
    with server.running(tmp_path_factory.mktemp("canaille")) as found:
        yield found


@dataclass(frozen=True, kw_only=True)
class App:
    """A connected app of the workspace, allowed, with our client at its server."""

    server: Canaille
    client: dict[str, Any]
    redirect_uri: str
    slug: str = SLUG


@pytest.fixture
def app(
    where: WorkspaceRef, canaille: Canaille, private_is_allowed: None, set_up: SetUp
) -> App:
    """Canaille as a custom connector that everybody may use."""
    path = f"/w/{where.slug}/connections/{SLUG}/callback/"
    redirect_uri = f"{django_settings.CUSTOS_BASE_URL}{path}"
    client = canaille.register(redirect_uri)
    services.add(
        actor=cast.admin(where).actor,
        workspace=where,
        asked=Asked(
            name=NAME,
            kind=Kind.OAUTH,
            address=canaille.url,
            scopes=("openid", "email"),
            client_id=client["client_id"],
            secret=client["client_secret"],
        ),
        at=NOON,
    )
    set_up(SLUG)
    return App(server=canaille, client=client, redirect_uri=redirect_uri)


def opened(where: WorkspaceRef) -> Any:
    """The scope of a workspace."""
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )


def linked(
    person: Person, connector: str = "google-drive", *, domain: str = "halden.example"
) -> ConnectorGrant:
    """A grant as a sign-in leaves it, without the sign-in."""
    with opened(person.workspace):
        setup = selectors.one(connector=connector)
        grant = ConnectorGrant(
            workspace_id=person.workspace.id,
            connector=setup.row,
            membership=person.membership,
            account_domain=domain,
            linked_at=NOON,
        )
        tokens = Tokens(
            access=f"access of {person.membership.email}",
            refresh="refresh",
            kind="Bearer",
            scopes=("read",),
            expires_at=None,
        )
        fill(grant, tokens, asked=[])
        grant.save(force_insert=True)
    return grant
