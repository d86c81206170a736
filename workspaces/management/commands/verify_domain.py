"""Proves that a mail domain belongs to an organization."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from workspaces.members import addresses
from workspaces.signin import dns_records
from workspaces.signin.services import domains
from workspaces.tenancy import selectors as tenants


class Command(JsonCommand):
    """Looks for the proof in DNS, or takes the operator's word with --attest."""

    help = "Prove a mail domain of an organization by a DNS TXT record, or attest it."
    refusals = (*JsonCommand.refusals, tenants.UnknownTenant)

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, help="its slug")
        parser.add_argument("--domain", required=True, help="such as halden.example")
        parser.add_argument(
            "--attest", action="store_true", help="vouch for it without asking DNS"
        )

    def act(self, *args: Any, at: datetime, **options: Any) -> Result:  # noqa: ARG002
        actor = Actor.operator()
        organization = tenants.organization_by_slug(slug=options["organization"])
        folded = addresses.fold_domain(options["domain"])
        name = domains.record_name(folded)
        row = domains.verify(
            actor=actor,
            organization=organization,
            domain=folded,
            records=() if options["attest"] else dns_records.txt_records(name),
            attested_by=actor.label if options["attest"] else "",
            at=at,
        )
        result = {"domain": row.domain, "verified": row.proven_at is not None}
        if row.proven_at is None:
            result |= {"txt_name": name, "txt_value": row.challenge}
            self.note(
                _("Publish the TXT record %(value)s at %(name)s, then run this again.")
                % {"value": row.challenge, "name": name}
            )
        return result
