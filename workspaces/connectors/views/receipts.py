"""The receipt of a cut: whose grants it ended, and where they stand at their source."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import guard
from kit.formatting import grouped
from kit.permissions import Permission
from workspaces.connectors import selectors
from workspaces.connectors.controls import CAUSE_LABELS, Cause
from workspaces.connectors.models import ConnectorCut, ConnectorGrant
from workspaces.connectors.setups import Setup
from workspaces.connectors.views import places, showing
from workspaces.members import selectors as members
from workspaces.members.models import Membership


@guard.requires(Permission.CONNECTORS_VIEW)
@require_safe
def connectors_receipt(request: Any, receipt: UUID) -> HttpResponse:
    """What one cut ended, page by page."""
    cut = selectors.cut(receipt=receipt)
    page = selectors.cut_grants(cut=cut, after=request.GET.get("after"))
    setups, people = _around(page.rows, cut)
    here = places.url(request, "connectors-receipt", receipt=cut.public_id)
    context = {
        "cut": cut,
        "connector": _label(cut, setups),
        "cause": CAUSE_LABELS[Cause(cut.cause)],
        "requested_by": _requested_by(cut),
        "figures": _figures(cut),
        "rows": [
            {
                "grant": grant,
                "member": _name(people.get(grant.membership_id)),
                "connector": setups[grant.connector_id].label,
                "source": showing.at_source(grant),
            }
            for grant in page.rows
        ],
        "next_url": page.next and f"{here}?after={page.next}",
        "previous_url": page.previous and f"{here}?after={page.previous}",
        "download_url": places.url(
            request, "connectors-receipt-download", receipt=cut.public_id
        ),
        "crumbs": places.admin_crumbs(request, (_("Receipt"), "")),
    }
    return render(request, "workspaces/connectors/receipt.html", context)


@guard.requires(Permission.CONNECTORS_VIEW)
@require_safe
def connectors_receipt_download(request: Any, receipt: UUID) -> HttpResponse:
    """The whole receipt as JSON."""
    cut = selectors.cut(receipt=receipt)
    grants = selectors.all_cut_grants(cut=cut)
    setups, people = _around(grants, cut)
    document = {
        "receipt": str(cut.public_id),
        "workspace": str(request.workspace.public_id),
        "cause": cut.cause,
        "requested_by": cut.requested_by,
        "cut_at": cut.cut_at.isoformat(),
        "grants": [
            _document(grant, setups[grant.connector_id], people) for grant in grants
        ],
    }
    answer = HttpResponse(
        json.dumps(document, indent=2), content_type="application/json"
    )
    name = f"connector-receipt-{cut.public_id}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _document(
    grant: ConnectorGrant, setup: Setup, people: dict[int, Membership]
) -> dict[str, Any]:
    member = people[grant.membership_id]
    states = {"ok": "revoked", "bad": "given_up", "wait": "waiting"}
    kind, _word = showing.at_source(grant)
    return {
        "grant": str(grant.public_id),
        "connector": setup.slug,
        "member": {"id": str(member.public_id), "email": member.email},
        "linked_at": grant.linked_at.isoformat(),
        "ended_at": grant.ended_at.isoformat() if grant.ended_at else None,
        "at_source": states.get(kind, "not_offered"),
        "revoked_at": grant.revoked_at.isoformat() if grant.revoked_at else None,
    }


def _around(
    grants: "list[ConnectorGrant]", cut: ConnectorCut
) -> tuple[dict[int, Setup], dict[int, Membership]]:
    ids = {grant.connector_id for grant in grants}
    if cut.connector_id is not None:
        ids.add(cut.connector_id)
    people = members.by_id(ids={grant.membership_id for grant in grants})
    return selectors.by_id(ids=ids), people


def _figures(cut: ConnectorCut) -> list[dict[str, str]]:
    found = selectors.at_source(cut=cut)
    total = found.revoked + found.waiting + found.given_up + found.not_offered
    return [
        {"name": _("Cut here"), "number": grouped(total)},
        {"name": _("Revoked at the app"), "number": grouped(found.revoked)},
        {"name": _("Waiting for the app"), "number": grouped(found.waiting)},
        {"name": _("App does not answer"), "number": grouped(found.given_up)},
        {"name": _("App offers no revoking"), "number": grouped(found.not_offered)},
    ]


def _label(cut: ConnectorCut, setups: dict[int, Setup]) -> str:
    if cut.connector_id is None:
        return _("All connectors of a member")
    return setups[cut.connector_id].label


def _requested_by(cut: ConnectorCut) -> str:
    known = members.names_of(people=[cut.requested_by])
    return known.get(cut.requested_by) or _("The installation")


def _name(row: Membership | None) -> str:
    return (row.name or row.email) if row else ""
