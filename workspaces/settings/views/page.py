"""A workspace's own settings: its name, and the text that members acknowledge."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.formatting import absolute, day, grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.settings import selectors, services
from workspaces.settings.forms import PolicyTextForm, RenameForm
from workspaces.tenancy.plans import LABELS, Plan


@guard.requires(Permission.MEMBERS_VIEW)
@require_safe
def settings_page(request: Any) -> HttpResponse:
    """Name, plan, and who acknowledged the policy text."""
    return _page(request)


@guard.requires(Permission.WORKSPACE_MANAGE)
@require_POST
def settings_rename(request: Any) -> HttpResponse:
    """Rename the workspace."""
    form = RenameForm(request.POST)
    if form.is_valid():
        try:
            services.rename(
                actor=request.actor,
                workspace=request.workspace,
                name=form.cleaned_data["name"],
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, _("The workspace is renamed."))
            return redirect(_url(request))
    return _page(request, rename_form=form)


@guard.requires(Permission.WORKSPACE_MANAGE)
@require_POST
def settings_text(request: Any) -> HttpResponse:
    """Set the policy text, which everybody then acknowledges anew."""
    form = PolicyTextForm(request.POST)
    if form.is_valid():
        try:
            services.set_policy_text(
                actor=request.actor,
                workspace=request.workspace,
                text=form.cleaned_data["text"],
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error("text", str(refusal))
        else:
            messages.success(request, _("The policy text is in force."))
            return redirect(_url(request))
    return _page(request, text_form=form)


def _page(
    request: Any,
    *,
    rename_form: RenameForm | None = None,
    text_form: PolicyTextForm | None = None,
) -> HttpResponse:
    text = selectors.current()
    failed = rename_form is not None or text_form is not None
    context = {
        "facts": _facts(request),
        "rename_form": rename_form
        or RenameForm(initial={"name": request.workspace.name}),
        "text_form": text_form
        or PolicyTextForm(initial={"text": text.text if text else ""}),
        "text": text,
        "paragraphs": text.text.split("\n\n") if text else [],
        "figures": _figures(text),
        "can_change": request.actor.may(Permission.WORKSPACE_MANAGE),
        "rename_url": _url(request, "rename"),
        "text_url": _url(request, "text"),
        "crumbs": [
            {"label": request.workspace.organization.name},
            {
                "label": request.workspace.name,
                "url": reverse(
                    "workspaces:overview", kwargs={"workspace": request.workspace.slug}
                ),
            },
            {"label": _("Settings")},
        ],
    }
    status = 422 if failed else 200
    return render(request, "workspaces/settings/page.html", context, status=status)


def _facts(request: Any) -> list[dict[str, Any]]:
    workspace = request.workspace
    return [
        {"name": _("Slug"), "value": workspace.slug, "is_mono": True},
        {"name": _("Plan"), "value": LABELS[Plan(workspace.plan)]},
        {"name": _("Id"), "value": str(workspace.public_id), "is_mono": True},
    ]


def _figures(text: Any) -> list[dict[str, Any]]:
    if text is None:
        return []
    share = selectors.share(text=text, at=clock.now())
    return [
        {
            "name": _("Acknowledged"),
            "number": grouped(share.acknowledged),
            "fact": _("of %s active members, in the last 30 days")
            % grouped(share.members),
        },
        {
            "name": _("Version"),
            "number": grouped(text.version),
            "fact": _("in force since %s") % absolute(text.set_at),
        },
        {
            "name": _("Asked again"),
            "number": _("30 days"),
            "fact": _("after each acknowledgement; those of today on %s")
            % day(clock.now() + selectors.COUNTS_FOR),
        },
    ]


def _url(request: Any, act: str = "") -> str:
    name = f"workspaces:settings-{act}" if act else "workspaces:settings-page"
    return reverse(name, kwargs={"workspace": request.workspace.slug})
