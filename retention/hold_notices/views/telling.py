"""The notices of one hold: whom it names, who was told, who acknowledged."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.formatting import absolute, grouped
from kit.permissions import Permission
from kit.refusals import Refused
from retention.hold_notices import selectors, services
from retention.hold_notices.selectors import Custodian
from retention.holds.views.pages import found
from retention.places import crumbs, link


class NoticeForm(forms.Form):
    """What custodians read, and whether they are reminded."""

    text = forms.CharField(
        label=gettext_lazy("What they read"),
        max_length=5000,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy(
            "Stored sealed. The mail does not quote it; it leads to their page."
        ),
        error_messages={"required": gettext_lazy("Write the notice.")},
    )
    reminds = forms.BooleanField(
        label=gettext_lazy("Remind them every 7 days, four times at most"),
        required=False,
        initial=True,
    )


@guard.requires(Permission.HOLDS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def hold_notices(request: Any, hold: UUID) -> HttpResponse:
    """Write to the custodians who were not told yet."""
    view = found(hold)
    form = NoticeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            told = services.send(
                actor=request.actor,
                workspace=request.workspace,
                hold=view.hold,
                text=form.cleaned_data["text"],
                reminds=form.cleaned_data["reminds"],
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            sentence = ngettext(
                "%(n)s custodian is told.", "%(n)s custodians are told.", told
            )
            messages.success(request, sentence % {"n": grouped(told)})
            return redirect(link(request, "retention:hold-notices", hold=hold))
    custodians = selectors.custodians_of(hold=view.hold)
    context = {
        "view": view,
        "form": form,
        "rows": [_row(one) for one in custodians],
        "may_tell": any(one.notice is None for one in custodians),
        "hold_url": link(request, "retention:hold", hold=hold),
        "crumbs": crumbs(
            request, _("Notices"), above=[(_("Holds"), "retention:holds")]
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "retention/hold_notices/tell.html", context, status=status)


def _row(one: Custodian) -> dict[str, str]:
    member, notice = one.member, one.notice
    title = member.name or member.email
    if notice is None:
        return {"title": title, "fact": _("not told"), "tone": ""}
    if notice.acknowledged_at is not None:
        fact = _("acknowledged %s") % absolute(notice.acknowledged_at)
        return {"title": title, "fact": fact, "tone": "ok"}
    parts = [_("told %s") % absolute(notice.sent_at)]
    if notice.reminded_n:
        times = ngettext(
            "reminded %(n)s time", "reminded %(n)s times", notice.reminded_n
        )
        parts.append(times % {"n": grouped(notice.reminded_n)})
    if notice.due_at is not None:
        parts.append(_("next reminder %s") % absolute(notice.due_at))
    return {"title": title, "fact": ", ".join(parts), "tone": "warn"}
