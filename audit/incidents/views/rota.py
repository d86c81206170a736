"""Who is paged about incidents, in which order, and the webhook called with it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit.explorer.pages import Pages
from audit.incidents import selectors, services, showing
from audit.incidents.forms import RotaForm, WebhookForm
from audit.log.selectors import Log, log_of
from kit import clock, guard, mail, on_call
from kit.permissions import Permission
from kit.refusals import Refused


@guard.requires(Permission.INCIDENTS_MANAGE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rota(request: Any) -> HttpResponse:
    """The rota and its webhook; a fresh secret is shown in the answer, this once."""
    pages = Pages.of(request)
    log = log_of(organization_id=pages.organization_id)
    row = selectors.rota(organization_id=pages.organization_id)
    people = on_call.desk().reachable(organization_id=pages.organization_id)
    known = [one for one in row.contacts if one in {who.person for who in people}]
    act = request.POST.get("act", "")
    form = RotaForm(
        request.POST if act == "rota" else None,
        people=people,
        stored=known,
        minutes=row.minutes,
    )
    hook = WebhookForm(request.POST if act == "webhook" else None)
    refusal = _("Nothing was changed: look at the red lines.")
    if request.method == "POST":
        try:
            done = _done(request, pages, log, act, form=form, hook=hook)
        except Refused as refused:
            refusal = str(refused)
        else:
            if done is not None:
                return done
    is_refused = request.method == "POST"
    context = {
        "form": form,
        "hook": hook,
        "host": row.host,
        "is_mailing": mail.is_set_up(),
        "gone": len(row.contacts) - len(known),
        "refusal": refusal if is_refused else "",
        "crumbs": showing.crumbs(pages, _("Who is paged")),
    }
    status = 422 if is_refused else 200
    return render(request, "audit/incidents/rota.html", context, status=status)


class UnknownAct(Refused):
    """Nothing like that is done with a rota."""


def _done(
    request: Any,
    pages: Pages,
    log: Log,
    act: str,
    *,
    form: RotaForm,
    hook: WebhookForm,
) -> HttpResponse | None:
    """The answer to what was asked; None where a form has an error in it."""
    given = {"actor": request.actor, "log": log, "at": clock.now()}
    match act:
        case "rota":
            if not form.is_valid():
                return None
            is_changed = services.set_rota(
                contacts=form.contacts(), minutes=form.cleaned_data["minutes"], **given
            )
            if is_changed:
                messages.success(request, _("The rota is changed."))
            else:
                messages.info(request, _("That is how the rota is; nothing changed."))
        case "webhook":
            if not hook.is_valid():
                return None
            url = hook.cleaned_data["url"]
            return _secret(request, pages, services.set_webhook(url=url, **given))
        case "remove-webhook":
            services.remove_webhook(**given)
            messages.success(request, _("The webhook is removed."))
        case _:
            raise UnknownAct(_("Choose one of the buttons; nothing was changed."))
    return redirect(showing.url(pages, "incident-rota"))


def _secret(request: Any, pages: Pages, secret: str) -> HttpResponse:
    context = {
        "secret": secret,
        "rota_url": showing.url(pages, "incident-rota"),
        "crumbs": showing.crumbs(pages, _("Who is paged")),
    }
    return render(request, "audit/incidents/rota_secret.html", context)
