"""The search for whom a matter may concern: counts by member and kind, no content."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kit import guard
from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import finding, showing
from retention.holds.forms import ScopeForm
from retention.holds.views.changing import named_in
from retention.places import crumbs, link
from workspaces.members import selectors as members

_CARRIED = ("projects", "gpts", "kinds", "from_day", "until_day", "dates_of")


@guard.requires(Permission.HOLDS_MANAGE)
@require_safe
def hold_find(request: Any) -> HttpResponse:
    """Who has what, within dates, kinds, projects; on Team nobody asks that."""
    request.actor.require(Permission.CONVERSATIONS_VIEW_METADATA)
    form = ScopeForm(request.GET if request.GET else None)
    context: dict[str, Any] = {
        "form": form,
        "crumbs": crumbs(request, _("Find"), above=[(_("Holds"), "retention:holds")]),
    }
    if form.is_bound and form.is_valid():
        try:
            context |= _found(request, form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    status = 422 if form.errors else 200
    return render(request, "retention/holds/find.html", context, status=status)


def _found(request: Any, form: ScopeForm) -> dict[str, Any]:
    found = finding.matching(named=named_in(form))
    owners = {share.owner_id for share in found.coverage.shares}
    rows = members.by_id(ids=owners)
    names = {pk: row.name or row.email for pk, row in rows.items()}
    return {
        "is_found": True,
        "is_cut": found.is_cut,
        "figures": showing.figures(found.coverage),
        "table": showing.table(found.coverage, names=names),
        "place_url": _place_url(request, sorted(row.email for row in rows.values())),
    }


def _place_url(request: Any, emails: list[str]) -> str:
    """Placing a hold on those who were found, with the same kinds and dates."""
    asked = QueryDict(mutable=True)
    for name in _CARRIED:
        asked.setlist(name, [one for one in request.GET.getlist(name) if one])
    if not (request.GET.get("projects") or request.GET.get("gpts")):
        asked["members"] = "\n".join(emails)
    return f"{link(request, 'retention:hold-place')}?{asked.urlencode()}"
