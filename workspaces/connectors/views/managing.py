"""The pages on which admins allow, restrict and cut connectors."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.doorbell import ring_on_commit
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.access import selectors as access
from workspaces.access.features import OFF, Feature
from workspaces.connectors import selectors, services, tasks
from workspaces.connectors.catalogue import Revocation
from workspaces.connectors.controls import ACCESS_LABELS, KIND_LABELS, Kind
from workspaces.connectors.forms import (
    AskingForm,
    ClientForm,
    SettingsForm,
    initial_of,
)
from workspaces.connectors.setups import Setup
from workspaces.connectors.views import places, showing
from workspaces.members import selectors as members

_PAGE = "workspaces/connectors"


@guard.requires(Permission.CONNECTORS_VIEW)
@require_safe
def connectors_list(request: Any) -> HttpResponse:
    """Every connector with how it stands here."""
    return _list(request, form=None)


@guard.requires(Permission.CONNECTORS_MANAGE)
@require_POST
def connectors_asking(request: Any) -> HttpResponse:
    """Set what connectors ask before, where they say nothing of their own."""
    form = AskingForm(request.POST)
    if not form.is_valid():
        return _list(request, form=form, status=422)
    services.set_default_ask(
        actor=request.actor,
        workspace=request.workspace,
        ask=form.cleaned_data["ask"],
        at=clock.now(),
    )
    messages.success(request, _("Saved."))
    return redirect(places.url(request, "connectors-list"))


@guard.requires(Permission.CONNECTORS_VIEW)
@require_safe
def connectors_detail(request: Any, connector: str) -> HttpResponse:
    """One connector: its settings, its client, its grants and what was cut."""
    setup = selectors.one(connector=connector)
    return _detail(request, setup, form=_form(setup))


@guard.requires(Permission.CONNECTORS_MANAGE)
@require_POST
def connectors_change(request: Any, connector: str) -> HttpResponse:
    """Show what saving would change and cut; then save."""
    setup = selectors.one(connector=connector)
    form = _form(setup, request.POST)
    if not form.is_valid():
        return _detail(request, setup, form=form, status=422)
    wanted = form.wanted()
    try:
        preview = services.preview(connector=connector, wanted=wanted)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        fresh = selectors.one(connector=connector)
        return _detail(request, fresh, form=form, status=refusal.status)
    if not preview.changes:
        messages.info(request, _("Nothing was changed."))
        return redirect(places.url(request, "connectors-detail", connector=connector))
    # What was agreed to is what is saved: more cuts than were shown are shown again.
    if request.POST.get("agreed") != str(preview.cuts):
        return show_preview(request, setup, preview)
    cut = services.change(
        actor=request.actor,
        workspace=request.workspace,
        connector=connector,
        wanted=wanted,
        at=clock.now(),
    )
    if cut is None:
        messages.success(request, _("Saved."))
        return redirect(places.url(request, "connectors-detail", connector=connector))
    ring_on_commit(tasks.revoke_connector_grants.delay)
    return redirect(places.url(request, "connectors-receipt", receipt=cut.public_id))


@guard.requires(Permission.CONNECTORS_MANAGE)
@require_POST
def connectors_client(request: Any, connector: str) -> HttpResponse:
    """Name our client at the app."""
    setup, form = selectors.one(connector=connector), ClientForm(request.POST)
    if form.is_valid():
        try:
            services.set_client(
                actor=request.actor,
                workspace=request.workspace,
                connector=connector,
                client_id=form.cleaned_data["client_id"].strip(),
                secret=form.cleaned_data["secret"],
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved; members can sign in."))
            return redirect(
                places.url(request, "connectors-detail", connector=connector)
            )
    fresh = selectors.one(connector=setup.slug)
    return _detail(request, fresh, form=_form(fresh), client=form, status=422)


def _list(request: Any, *, form: AskingForm | None, status: int = 200) -> HttpResponse:
    at: datetime = clock.now()
    found = selectors.every()
    rows = showing.rows(found, grants=selectors.working_counts(), today=at.date())
    for row in rows:
        row["url"] = places.url(request, "connectors-detail", connector=row["slug"])
    is_on = sum(1 for setup in found if setup.row.is_allowed)
    context = {
        "rows": rows,
        "sentence": ngettext(
            "%(n)s of %(all)s connectors is on.",
            "%(n)s of %(all)s connectors are on.",
            is_on,
        )
        % {"n": grouped(is_on), "all": grouped(len(found))},
        "form": form or AskingForm(initial={"ask": selectors.default_ask().value}),
        "can_manage": request.actor.may(Permission.CONNECTORS_MANAGE),
        "feature_note": _feature_note(),
        "asking_url": places.url(request, "connectors-asking"),
        "add_url": places.url(request, "connectors-add"),
        "crumbs": places.crumbs(request, (_("Connectors"), "")),
    }
    return render(request, f"{_PAGE}/list.html", context, status=status)


def _detail(
    request: Any,
    setup: Setup,
    *,
    form: SettingsForm,
    client: ClientForm | None = None,
    status: int = 200,
) -> HttpResponse:
    row = setup.row
    is_stored = setup.is_stored
    receipts = selectors.cuts(connector_id=row.pk, size=10).rows if is_stored else ()
    context = {
        "setup": setup,
        "status": showing.status_of(setup),
        "form": form,
        "client": client or ClientForm(initial={"client_id": row.client_id}),
        "has_secret": bool(row.sealed_secret),
        "facts": _facts(setup),
        "actions": [
            {
                "name": one.name,
                "label": one.label,
                "access": ACCESS_LABELS[one.access],
                "is_important": one.is_important,
            }
            for one in setup.actions
        ],
        "receipts": [
            {
                "at": one.cut_at,
                "url": places.url(request, "connectors-receipt", receipt=one.public_id),
            }
            for one in receipts
        ],
        "redirect_uri": places.redirect_uri(request, setup.slug),
        "can_manage": request.actor.may(Permission.CONNECTORS_MANAGE),
        "feature_note": _feature_note() if row.is_allowed else "",
        "change_url": places.url(request, "connectors-change", connector=setup.slug),
        "client_url": places.url(request, "connectors-client", connector=setup.slug),
        "custom": _custom(request, setup),
        "crumbs": places.admin_crumbs(request, (setup.label, "")),
    }
    return render(request, f"{_PAGE}/detail.html", context, status=status)


def _custom(request: Any, setup: Setup) -> dict[str, Any] | None:
    """What admins may do with a connector that is the workspace's own."""
    if setup.is_verified:
        return None
    here = {"connector": setup.slug}
    is_mcp = setup.kind is Kind.MCP
    return {
        "edit_url": places.url(request, "connectors-edit", **here),
        "delete_url": places.url(request, "connectors-delete", **here),
        "tools_url": is_mcp and places.url(request, "connectors-tools", **here),
        "read_at": setup.row.actions_read_at,
    }


def show_preview(request: Any, setup: Setup, preview: services.Preview) -> HttpResponse:
    """The settings once more, as hidden fields, below what they would change."""
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "agreed")
        for value in values
    ]
    number = ngettext(
        "%(n)s sign-in of a member", "%(n)s sign-ins of members", preview.cuts
    ) % {"n": grouped(preview.cuts)}
    context = {
        "setup": setup,
        "changes": showing.differences(preview.changes),
        "cuts": preview.cuts,
        "number": number,
        "too_wide": preview.too_wide,
        "sent": sent,
        "change_url": request.path,
        "keep_url": places.url(request, "connectors-detail", connector=setup.slug),
        "crumbs": places.admin_crumbs(
            request,
            (
                setup.label,
                places.url(request, "connectors-detail", connector=setup.slug),
            ),
            (_("Before you save"), ""),
        ),
    }
    return render(request, f"{_PAGE}/preview.html", context)


def _form(setup: Setup, posted: Any = None) -> SettingsForm:
    owner = members.by_id(ids=[setup.row.owner_id]) if setup.row.owner_id else {}
    email = next((one.email for one in owner.values()), "")
    initial = initial_of(services.wanted_of(setup), owner=email)
    return SettingsForm(
        posted,
        initial=initial,
        actions=setup.actions,
        usual_ask=selectors.default_ask().value,
        **showing.choices(setup),
    )


def _facts(setup: Setup) -> list[dict[str, Any]]:
    number = (
        selectors.working(connector_id=setup.row.pk).count() if setup.is_stored else 0
    )
    revocation = {
        Revocation.NONE: _("not offered by the app: tokens are forgotten here"),
    }.get(setup.revocation, _("at the app, within a minute"))
    return [
        {"name": _("Kind"), "value": KIND_LABELS[setup.kind]},
        {"name": _("Members signed in"), "value": grouped(number)},
        {"name": _("Sign-in at"), "value": setup.endpoints.authorize, "is_mono": True},
        {"name": _("Revoking"), "value": revocation},
        {
            "name": _("Asks members for"),
            "value": " ".join(setup.scopes) or _("nothing by name"),
            "is_mono": True,
        },
    ]


def _feature_note() -> str:
    """Says so where no connector reaches anybody by the workspace's own setting."""
    if access.baseline(feature=Feature.CONNECTORS_USE) != OFF:
        return ""
    return _(
        "The workspace's feature “Connectors” is off: a connector that is on reaches"
        " only members whose role turns the feature on."
    )
