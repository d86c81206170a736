"""The share page of a GPT: how far, with whom, and what is not possible, and why."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kit import clock, guard
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.gpts import authority, places, selectors, services, showing
from workspaces.gpts.forms import GiveForm
from workspaces.gpts.levels import LABELS
from workspaces.gpts.rules import Act, Rights


@guard.requires(Permission.OWN_DATA)
@require_http_methods(["GET", "HEAD", "POST"])
def gpts_share(request: Any, gpt: UUID) -> HttpResponse:
    """The page; posting a level shares up to it, or asks for a review."""
    if request.method != "POST":
        return _page(request, gpt, GiveForm())
    level = request.POST.get("level", "")

    def act() -> str:
        review = services.set_visibility(**_about(request, gpt), level=level)
        if review is not None:
            return str(_("Version %d waits for a review.") % review.number)
        return str(_("Shared with: %s.") % LABELS[level])

    return _acted(request, gpt, GiveForm(), act)


@guard.requires(Permission.OWN_DATA)
@require_POST
def gpts_give(request: Any, gpt: UUID) -> HttpResponse:
    """Share with a colleague or a group, or change what they may do."""
    form = GiveForm(request.POST)
    if not form.is_valid():
        return _page(request, gpt, form, status=422)
    asked = form.cleaned_data

    def act() -> str:
        services.give(
            **_about(request, gpt),
            rights=Rights.named(asked["rights"]),
            email=asked["email"],
            group_name=asked["group"],
        )
        return str(_("Shared with %s.") % (asked["email"] or asked["group"]))

    return _acted(request, gpt, form, act)


@guard.requires(Permission.OWN_DATA)
@require_POST
def gpts_take(request: Any, gpt: UUID) -> HttpResponse:
    """Stop sharing with one colleague or group."""
    share = _uuid(request.POST.get("share", ""))

    def act() -> str:
        services.take(**_about(request, gpt), share=share)
        return _("They can use it no more.")

    return _acted(request, gpt, GiveForm(), act)


@guard.requires(Permission.OWN_DATA)
@require_POST
def gpts_withdraw(request: Any, gpt: UUID) -> HttpResponse:
    """Take the request for a review back."""

    def act() -> str:
        services.withdraw(**_about(request, gpt))
        return _("The request is withdrawn.")

    return _acted(request, gpt, GiveForm(), act)


def _acted(
    request: Any, gpt: UUID, form: GiveForm, act: Callable[[], str]
) -> HttpResponse:
    """Do it and come back, or show the page with what was refused."""
    try:
        with transaction.atomic():
            messages.success(request, act())
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return _page(request, gpt, form, status=refusal.status, refusal=str(refusal))
    return redirect(places.of(request).url("share", gpt=gpt))


def _page(
    request: Any, gpt: UUID, form: GiveForm, *, status: int = 200, refusal: str = ""
) -> HttpResponse:
    where, member = places.of(request), authority.member_of(request.actor)
    row = selectors.one(gpt=gpt)
    authority.demand(member, row, Act.USE)
    authority.demand_owner(member, row)
    name = showing.name_for(row, member)
    context = {
        "gpt": row,
        "name": name,
        "form": form,
        "refusal": refusal,
        "levels": showing.levels(row, member=member),
        "recipients": showing.recipients(row),
        "losing": selectors.hidden_groups_of(gpt=row),
        "groups": selectors.discoverable_names(),
        "reviews": showing.reviews(row, with_reasons=True),
        "waits": selectors.is_waiting(gpt=row),
        "give_url": where.url("give", gpt=gpt),
        "take_url": where.url("take", gpt=gpt),
        "withdraw_url": where.url("withdraw", gpt=gpt),
        "link": request.build_absolute_uri(where.url("detail", gpt=gpt)),
        "crumbs": where.crumbs((name, where.url("detail", gpt=gpt)), (_("Share"), "")),
    }
    return render(request, "workspaces/gpts/share.html", context, status=status)


def _about(request: Any, gpt: UUID) -> dict[str, Any]:
    return {
        "actor": request.actor,
        "workspace": request.workspace,
        "gpt": gpt,
        "at": clock.now(),
    }


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise selectors.GptIsGone(_("The GPT is not shared with them.")) from None
