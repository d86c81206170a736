"""The notices about legal holds that one has got, and acknowledging them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from retention.hold_notices import selectors, services
from retention.hold_notices.models import HoldNotice
from retention.own_data.views.access import (
    actor_of,
    chosen,
    home,
    scope_of,
    with_refusals,
)
from retention.places import query
from workspaces.tenancy.selectors import Access


@guard.signed_in
@require_safe
@with_refusals
def my_hold_notices(request: Any) -> HttpResponse:
    """What one was told, newest first."""
    access = chosen(request)
    with scope_of(access):
        notices = selectors.notices_to(membership_id=access.membership_id)
        texts = selectors.texts_of(notices=notices)
    context = {
        "access": access,
        "notices": [
            {
                "text": texts[one.pk],
                "sent_at": one.sent_at,
                "acknowledged_at": one.acknowledged_at,
                "is_over": one.hold.released_at is not None,
                "url": reverse(
                    "retention:my-hold-notice-acknowledge", args=[one.public_id]
                ),
            }
            for one in notices
        ],
        "back_url": home(access),
    }
    return render(request, "retention/hold_notices/mine.html", context)


@guard.signed_in
@require_POST
@with_refusals
def my_hold_notice_acknowledge(request: Any, notice: UUID) -> HttpResponse:
    """Say that one has read it."""
    access = chosen(request)
    with scope_of(access):
        try:
            row = selectors.notice_to(
                membership_id=access.membership_id, public_id=notice
            )
        except HoldNotice.DoesNotExist as unknown:
            raise Http404 from unknown
    services.acknowledge(
        actor=actor_of(request, access),
        workspace=access.workspace,
        notice=row,
        at=clock.now(),
    )
    messages.success(request, _("Acknowledged. Thank you."))
    return redirect(_page(access))


def _page(access: Access) -> str:
    return reverse("retention:my-hold-notices") + query(**{"in": access.workspace.slug})
