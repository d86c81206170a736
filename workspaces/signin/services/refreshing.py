"""Reads metadata again where it is due; what cannot be read leaves the last good copy.

A row is claimed by moving its due time past a lease, the address is asked outside any
transaction, and what came is stored in a second one: a worker that dies in between
makes it late, and nothing else.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database
from django.urls import reverse
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from kit.outbound import Client, OutboundFailed, OutboundRefused
from kit.refusals import Refused
from workspaces.signin import metadata, selectors
from workspaces.signin.models import ConnectionState, SamlConnection
from workspaces.signin.services import adoption, connections, telling

EVERY = timedelta(hours=6)
LEASE = timedelta(minutes=5)
_AGAIN = timedelta(hours=1)
_SOON = timedelta(minutes=1)
_SECONDS = 10.0
_BATCH = 50
_PROBLEM_MAX = 300


class NotRead(Refused):
    """The address gave no metadata."""


def read_due(*, at: datetime) -> int:
    """Read what is due; how many were read well."""
    with database.cursor() as cursor:
        cursor.execute("select * from custos_due_metadata(%s, %s)", [at, _BATCH])
        waiting = cursor.fetchall()
    return one_by_one(
        waiting, lambda one: _read(one[0], one[1], at), what="metadata of connection"
    )


def fetch(url: str) -> bytes:
    """What stands at an address of the internet, within bounds."""
    client = Client(
        redirects=3, total_seconds=_SECONDS, largest_body=metadata.METADATA_MAX_BYTES
    )
    try:
        response = client.get(url)
    except (OutboundFailed, OutboundRefused) as failure:
        raise NotRead(str(failure)) from None
    if response.status != 200:
        raise NotRead(_("The address answered with status %d.") % response.status)
    return response.body


def _read(pk: int, organization_id: int, at: datetime) -> bool:
    url = _claimed(pk, organization_id, at)
    if not url:
        return False
    try:
        found = metadata.identity_provider(fetch(url))
    except Refused as refusal:
        _note(pk, organization_id, url, str(refusal), at)
        return False
    with scoping.organization(organization_id=organization_id):
        row = SamlConnection.objects.select_for_update().get(pk=pk)
        if row.metadata_url != url:
            return False
        before = connections.values_of(row)
        try:
            waiting = adoption.adopt(row, found, at=at)
        except adoption.AnotherProvider as refusal:
            _store_problem(row, str(refusal), at)
            return False
        row.metadata_read_at, row.metadata_problem = at, ""
        row.metadata_due_at = at + EVERY
        row.save()
        _record(row, before, waiting, at)
    return True


def _claimed(pk: int, organization_id: int, at: datetime) -> str:
    with scoping.organization(organization_id=organization_id):
        row = (
            SamlConnection.objects.filter(pk=pk, metadata_due_at__lte=at)
            .select_for_update(skip_locked=True)
            .first()
        )
        if row is None:
            return ""
        row.metadata_due_at = at + LEASE
        row.save(update_fields=["metadata_due_at"])
        return row.metadata_url


def _note(pk: int, organization_id: int, url: str, problem: str, at: datetime) -> None:
    with scoping.organization(organization_id=organization_id):
        row = SamlConnection.objects.select_for_update().get(pk=pk)
        if row.metadata_url == url:
            _store_problem(row, problem, at)


def _store_problem(row: SamlConnection, problem: str, at: datetime) -> None:
    is_new = row.metadata_problem != problem[:_PROBLEM_MAX]
    row.metadata_problem = problem[:_PROBLEM_MAX]
    # A draft's admin waits in front of the page; later, the last good copy will do.
    first = max(_SOON, (at - row.created_at) / 2)
    row.metadata_due_at = at + (_AGAIN if row.metadata_read_at else min(EVERY, first))
    row.save(update_fields=["metadata_problem", "metadata_due_at"])
    if is_new:
        recording.record(
            actor=Actor.system("metadata"),
            action="workspaces.saml.metadata-read",
            target=Target(kind="connection", id=row.public_id),
            organization_id=row.organization_id,
            at=at,
            outcome=Outcome.ERROR,
            details={"problem": row.metadata_problem},
        )


def _record(
    row: SamlConnection, before: dict[str, Any], waiting: list[str], at: datetime
) -> None:
    values = connections.values_of(row)
    changes = {
        name: (before[name], value)
        for name, value in values.items()
        if before[name] != value
    }
    if not changes and not waiting:
        return
    unlinked = connections.unlink(row) if "idp_entity_id" in changes else 0
    recording.record(
        actor=Actor.system("metadata"),
        action="workspaces.saml.metadata-read",
        target=Target(kind="connection", id=row.public_id),
        organization_id=row.organization_id,
        at=at,
        changes=changes,
        counts={"unlinked": unlinked} if unlinked else None,
        details={"waiting": list(waiting)},
    )
    if row.state != ConnectionState.ACTIVE:
        return
    if waiting:
        _tell(row, waiting, at)
    prints = set(values["certificates"]) - set(before["certificates"])
    if prints:
        _tell_believed(row, sorted(prints), at)


def _tell_believed(row: SamlConnection, prints: list[str], at: datetime) -> None:
    """Known certificates are public, so who wrote beside one is for owners to see."""
    telling.owners(
        organization_id=row.organization_id,
        kind="certificate-believed",
        subject=_("%s: a new certificate is believed from now on") % row.label,
        text=_(
            "The metadata of “%(label)s” at %(address)s names a new certificate beside "
            "one that was known:\n\n%(prints)s\n\nWhoever has its key can sign in as "
            "anybody of your organization. If your identity provider did not announce "
            "it, deactivate the connection:\n%(url)s"
        )
        % {
            "label": row.label,
            "address": row.metadata_url,
            "prints": "\n".join(prints),
            "url": _page(row),
        },
        at=at,
    )


def _page(row: SamlConnection) -> str:
    names = {"organization": selectors.organization_slug(), "saml": row.public_id}
    return telling.absolute(reverse("workspaces:sso-metadata", kwargs=names))


def _tell(row: SamlConnection, waiting: list[str], at: datetime) -> None:
    telling.owners(
        organization_id=row.organization_id,
        kind="certificate-waits",
        subject=_("%s shows a new certificate: confirm it") % row.label,
        text=_(
            "The metadata of “%(label)s” names a certificate that none of the known "
            "ones stands beside any more:\n\n%(prints)s\n\nCompare the fingerprint "
            "with your identity provider, then confirm or refuse it:\n%(url)s\n\n"
            "Until then sign-in works with the certificates known so far only."
        )
        % {
            "label": row.label,
            "prints": "\n".join(waiting),
            "url": _page(row),
        },
        at=at,
    )
