"""The pages on which admins add, describe anew and delete connectors of their own."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.connectors import selectors, services, tasks
from workspaces.connectors.forms import AddForm, EditForm, described
from workspaces.connectors.models import ConnectorCut
from workspaces.connectors.services import BadSetting
from workspaces.connectors.setups import Setup
from workspaces.connectors.views import places
from workspaces.connectors.views.managing import show_preview

_PAGE = "workspaces/connectors"


@guard.requires(Permission.CONNECTORS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def connectors_add(request: Any) -> HttpResponse:
    """Add a connector that no catalogue lists."""
    form = AddForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            setup = services.add(
                actor=request.actor,
                workspace=request.workspace,
                asked=form.asked(),
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%s is added, and turned off.") % setup.label)
            return redirect(_detail(request, setup))
    context = {
        "form": form,
        "list_url": places.url(request, "connectors-list"),
        "crumbs": places.admin_crumbs(request, (_("Add"), "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, f"{_PAGE}/add.html", context, status=status)


@guard.requires(Permission.CONNECTORS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def connectors_edit(request: Any, connector: str) -> HttpResponse:
    """Describe a custom connector anew: what would change and be cut, then save."""
    setup = _own(connector)
    kind, initial = described(setup)
    form = EditForm(request.POST or None, kind=kind, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            preview = services.preview_edit(connector=connector, asked=form.asked())
            if not preview.changes:
                messages.info(request, _("Nothing was changed."))
                return redirect(_detail(request, setup))
            # More cuts than were shown are shown again.
            if request.POST.get("agreed") != str(preview.cuts):
                return show_preview(request, setup, preview)
            cut = services.edit(
                actor=request.actor,
                workspace=request.workspace,
                connector=connector,
                asked=form.asked(),
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect(_after(request, cut) or _detail(request, setup))
    context = {
        "setup": setup,
        "form": form,
        "keep_url": _detail(request, setup),
        "crumbs": _crumbs(request, setup, _("Edit")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, f"{_PAGE}/edit.html", context, status=status)


@guard.requires(Permission.CONNECTORS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def connectors_delete(request: Any, connector: str) -> HttpResponse:
    """Cut everything of a custom connector and delete it, once its name was typed."""
    setup = _own(connector)
    is_sent = request.method == "POST"
    if is_sent and request.POST.get("typed_name", "").strip() == setup.label:
        cut = services.delete(
            actor=request.actor,
            workspace=request.workspace,
            connector=connector,
            at=clock.now(),
        )
        messages.success(request, _("%s is deleted.") % setup.label)
        return redirect(_after(request, cut) or places.url(request, "connectors-list"))
    number = selectors.working(connector_id=setup.row.pk).count()
    context = {
        "setup": setup,
        "number": ngettext(
            "%(n)s sign-in of a member", "%(n)s sign-ins of members", number
        )
        % {"n": grouped(number)},
        "is_linked": number > 0,
        "error": _("Type the name exactly; nothing was changed.") if is_sent else "",
        "action_url": request.path,
        "keep_url": _detail(request, setup),
        "crumbs": _crumbs(request, setup, _("Delete")),
    }
    status = 422 if is_sent else 200
    return render(request, f"{_PAGE}/delete.html", context, status=status)


@guard.requires(Permission.CONNECTORS_MANAGE)
@require_POST
def connectors_tools(request: Any, connector: str) -> HttpResponse:
    """Read the tools from an MCP server."""
    setup = _own(connector)
    try:
        read = services.read_tools(
            actor=request.actor,
            workspace=request.workspace,
            connector=connector,
            at=clock.now(),
        )
    except Refused as refusal:
        if refusal.status != 422:
            raise
        messages.error(request, str(refusal))
        return redirect(_detail(request, setup))
    messages.success(request, _said(read))
    return redirect(_detail(request, setup))


def _said(read: services.Read) -> str:
    sentence = ngettext(
        "The server offers %(n)s tool: %(new)s new, %(gone)s gone.",
        "The server offers %(n)s tools: %(new)s new, %(gone)s gone.",
        read.number,
    ) % {
        "n": grouped(read.number),
        "new": grouped(len(read.new)),
        "gone": grouped(len(read.gone)),
    }
    if not read.skipped:
        return sentence
    left = ngettext(
        "%(n)s was left out: its name cannot be that of an action.",
        "%(n)s were left out: their names cannot be those of actions.",
        read.skipped,
    ) % {"n": grouped(read.skipped)}
    return f"{sentence} {left}"


def _own(connector: str) -> Setup:
    """The workspace's own connector of that name; the catalogue's are not changed."""
    setup = selectors.one(connector=connector)
    if setup.is_verified:
        raise BadSetting(
            _("%s comes with Custos: it can be turned off, not changed or deleted.")
            % setup.label
        )
    return setup


def _after(request: Any, cut: ConnectorCut | None) -> str:
    """The receipt of what was cut, whose sources are told at once."""
    if cut is None:
        return ""
    ring_on_commit(tasks.revoke_connector_grants.delay)
    return places.url(request, "connectors-receipt", receipt=cut.public_id)


def _detail(request: Any, setup: Setup) -> str:
    return places.url(request, "connectors-detail", connector=setup.slug)


def _crumbs(request: Any, setup: Setup, label: str) -> list[dict[str, str]]:
    return places.admin_crumbs(
        request, (setup.label, _detail(request, setup)), (label, "")
    )
