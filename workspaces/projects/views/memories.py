"""One's own memories: the list, adding one, and the switch."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kit import clock, guard
from kit.formatting import absolute
from kit.refusals import Refused
from workspaces.access.features import Feature
from workspaces.projects import selectors, services
from workspaces.projects.forms import MemoryForm
from workspaces.projects.kinds import MEMORIES
from workspaces.projects.selectors import Remembered
from workspaces.projects.views.access import Here, chosen, segments


@guard.signed_in
@require_safe
def my_memories(request: Any) -> HttpResponse:
    """What is remembered about the person, and whether more may be."""
    if not request.accesses:
        return render(request, "retention/own_data/nowhere.html")
    with chosen(request) as here:
        return _page(request, here, MemoryForm())


@guard.signed_in
@require_POST
def memory_add(request: Any) -> HttpResponse:
    """Store one memory."""
    with chosen(request) as here:
        form = MemoryForm(request.POST)
        if not form.is_valid():
            return _page(request, here, form, status=400)
        try:
            services.remember(
                actor=here.actor,
                workspace=here.workspace,
                member=here.member,
                text=form.cleaned_data["text"],
                at=clock.now(),
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("It is remembered."))
        return redirect(here.url("workspaces:my-memories"))


@guard.signed_in
@require_POST
def memory_switch(request: Any) -> HttpResponse:
    """Turn memory on or off for oneself."""
    with chosen(request) as here:
        services.switch_memory(
            actor=here.actor,
            workspace=here.workspace,
            member=here.member,
            is_on=request.POST.get("on") == "yes",
            at=clock.now(),
        )
        return redirect(here.url("workspaces:my-memories"))


def _page(
    request: Any, here: Here, form: MemoryForm, *, status: int = 200
) -> HttpResponse:
    found = selectors.memories(
        member=here.member,
        workspace=here.workspace.public_id,
        after=request.GET.get("after"),
        at=clock.now(),
    )
    verdict = selectors.may(member=here.member, feature=Feature.MEMORY_USE)
    is_on = selectors.memory_is_on(member=here.member)
    base = here.url("workspaces:my-memories")
    context = {
        "access": here.access,
        "workspaces": segments(request, here, "workspaces:my-memories"),
        "form": form,
        "verdict": verdict,
        "is_on": is_on,
        "may_add": verdict.allowed and is_on,
        "rows": [_row(one) for one in found.rows],
        "delete_all_url": reverse(
            "retention:my-objects-delete", kwargs={"kind": MEMORIES}
        )
        + f"?in={here.workspace.slug}",
        "deleted_url": here.url("retention:my-deleted"),
        "next_url": found.next and f"{base}&after={found.next}",
        "previous_url": found.previous and f"{base}&after={found.previous}",
    }
    return render(request, "workspaces/projects/memories.html", context, status=status)


def _row(one: Remembered) -> dict[str, str]:
    return {
        "title": one.text or _("Its key is destroyed"),
        "fact": absolute(one.row.created_at),
        "url": reverse(
            "retention:my-object-delete",
            kwargs={"kind": MEMORIES, "stored": one.row.public_id},
        ),
    }
