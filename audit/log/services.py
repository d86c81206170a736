"""Opens logs: one for each organization, and the site's own."""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from audit.log.models import SITE, AuditLog
from kit import scoping, vault
from kit.ids import new_uuid


def open_log(
    *,
    organization_id: int,
    organization_uuid: UUID,
    slug: str,
    name: str,
    key_id: UUID,
    at: datetime,
) -> None:
    """Opens the log of a new organization, in the transaction that creates it.

    `key_id` is the vault key that seals the details; it must be committed already.
    """
    with scoping.organization(organization_id=organization_id):
        AuditLog.objects.create(
            organization_id=organization_id,
            uuid=organization_uuid,
            origin=_origin(organization_uuid),
            slug=slug,
            name=name,
            key_id=key_id,
            opened_at=at,
        )


def open_site_log(*, at: datetime) -> None:
    """Opens the installation's own log; where it is open already nothing happens."""
    with scoping.organization(organization_id=SITE):
        if AuditLog.objects.exists():
            return
        uuid = new_uuid()
        key = vault.make_keys(parent=None)[0]
        AuditLog.objects.bulk_create(
            [
                AuditLog(
                    organization_id=SITE,
                    uuid=uuid,
                    origin=_origin(uuid),
                    slug="",
                    name="",
                    key_id=key.id,
                    opened_at=at,
                )
            ],
            ignore_conflicts=True,
        )


def _origin(uuid: UUID) -> str:
    """The log's name in every checkpoint; a later change of address leaves it."""
    return f"{urlsplit(settings.CUSTOS_BASE_URL).netloc}/audit/{uuid}"
