"""Configures the connection of an organization to its identity provider."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from kit.outbound import Client, OutboundFailed, OutboundRefused
from workspaces.signin import metadata, selectors
from workspaces.signin.services import connections
from workspaces.tenancy import selectors as tenants


class Command(JsonCommand):
    """Reads metadata from a file or a URL and sets the connection from it."""

    help = (
        "Set an organization's SAML connection from its identity provider's metadata."
    )
    refusals = (
        *JsonCommand.refusals,
        tenants.UnknownTenant,
        OutboundFailed,
        OutboundRefused,
    )

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, help="its slug")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--metadata-file", type=Path)
        source.add_argument("--metadata-url", help="https only")
        parser.add_argument(
            "--activate", action="store_true", help="let people sign in through it"
        )
        parser.add_argument(
            "--require", action="store_true", help="allow no other way of signing in"
        )

    def act(self, *args: Any, at: datetime, **options: Any) -> Result:  # noqa: ARG002
        organization = tenants.organization_by_slug(slug=options["organization"])
        row = connections.configure(
            actor=Actor.operator(),
            organization=organization,
            idp=metadata.identity_provider(_read(options)),
            activate=options["activate"],
            require=options["require"],
            at=at,
        )
        sp = selectors.service_provider(slug=row.slug)
        return {"id": row.public_id, "acs_url": sp.acs_url, "entity_id": sp.entity_id}


def _read(options: dict[str, Any]) -> bytes:
    url: str = options["metadata_url"]
    path: Path = options["metadata_file"]
    if url:
        client = Client(redirects=3, largest_body=metadata.METADATA_MAX_BYTES)
        response = client.get(url)
        if response.status != 200:
            raise CommandError(
                _("The metadata URL answered with status %(status)d.")
                % {"status": response.status}
            )
        return response.body
    try:
        with path.open("rb") as file:
            return file.read(metadata.METADATA_MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(
            _("%(path)s cannot be read: %(why)s.")
            % {"path": path, "why": error.strerror or error}
        ) from None
