"""Which connectors a workspace has, and how each is set up."""

from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _

from kit import scoping
from kit.refusals import Refused
from workspaces.connectors import sealing, setups
from workspaces.connectors.catalogue import ENTRIES
from workspaces.connectors.controls import Ask, ClientAuth
from workspaces.connectors.models import Connector, ConnectorDefaults
from workspaces.connectors.oauth import App
from workspaces.connectors.setups import Setup
from workspaces.tenancy.models import Workspace


class UnknownConnector(Refused):
    """The workspace has no such connector."""

    status = 404


def every() -> list[Setup]:
    """The connectors of the workspace whose scope is open, by name."""
    rows = {row.slug: row for row in Connector.objects.filter(deleted_at__isnull=True)}
    listed = [
        setups.of_row(rows.pop(slug)) if slug in rows else begun
        for slug, begun in _begun().items()
    ]
    custom = [setups.of_row(row) for row in rows.values()]
    return sorted([*listed, *custom], key=lambda one: (one.label.lower(), one.slug))


def one(*, connector: str) -> Setup:
    """The connector of that slug."""
    row = Connector.objects.filter(slug=connector, deleted_at__isnull=True).first()
    if row is None and connector not in ENTRIES:
        raise UnknownConnector(_("This workspace has no such connector."))
    return setups.of_row(row) if row else _begun()[connector]


def app_of(setup: Setup) -> App:
    """The connected app, and our client there with its secret."""
    row = setup.row
    return App(
        endpoints=setup.endpoints,
        revocation=setup.revocation,
        account=setup.account,
        client_auth=ClientAuth(row.client_auth),
        client_id=row.client_id,
        secret=sealing.opened(
            row.sealed_secret,
            workspace_id=row.workspace_id,
            place=sealing.secret_of(row.public_id),
        ),
        extra=setup.extra,
    )


def default_ask() -> Ask:
    """What a connector asks before, where it says nothing of its own."""
    found = ConnectorDefaults.objects.first()
    return Ask(found.ask) if found else setups.USUAL_ASK


def overdue_reviews(*, today: date) -> list[Setup]:
    """Allowed connectors whose day of review has passed."""
    rows = Connector.objects.filter(review_on__lt=today, is_allowed=True)
    return [setups.of_row(row) for row in rows.order_by("review_on", "slug")]


def by_id(*, ids: Collection[int]) -> dict[int, Setup]:
    """These connectors, deleted ones included, by the number of their row."""
    return {row.pk: setups.of_row(row) for row in Connector.objects.filter(pk__in=ids)}


def _begun() -> dict[str, Setup]:
    """The catalogue as the plan of the workspace begins it."""
    scope = scoping.current()
    workspace_id = (scope.workspace_id if scope else None) or 0
    plan: str = Workspace.objects.values_list("plan", flat=True).get(pk=workspace_id)
    return {
        slug: setups.begun(entry, workspace_id=workspace_id, plan=plan)
        for slug, entry in ENTRIES.items()
    }
