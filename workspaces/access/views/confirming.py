"""The step between a form of settings and its saving: what changes, and for whom.

The form is sent twice. The first time it is answered with the difference and hidden
fields of the same content; the second time, with `step` = `save`, it is saved.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from workspaces.access.features import Value
from workspaces.access.forms import SettingsForm
from workspaces.access.views import showing

SAVE, EDIT = "save", "edit"
NOT_SENT_AGAIN = frozenset({"csrfmiddlewaretoken", "step", "seen"})


def step_of(request: Any) -> str:
    """What the person wants: see the difference, edit on, or save."""
    return str(request.POST.get("step", ""))


def difference(
    request: Any, *, form: SettingsForm, rows: list[dict[str, Any]], context: Any
) -> HttpResponse:
    """The page that shows what would change; the form again where nothing would."""
    if not rows:
        form.add_error(None, _("That is what is set already: nothing would change."))
        return edit(request, form=form, context=context, status=422)
    shown = context | {"rows": rows, "hidden": _hidden(request.POST)}
    return render(request, "workspaces/access/difference.html", shown)


def saved(
    request: Any, *, usual: str, share: tuple[Value, Value] | None
) -> HttpResponse:
    """Back to where the settings show; after a lower ceiling, to what is above it.

    `share` is how far GPTs could be shared, and can be now.
    """
    if share is None or not showing.lowers_sharing(*share):
        messages.success(request, _("Saved. It counts from the next request on."))
        return redirect(usual)
    messages.success(
        request, _("Saved. GPTs that were shared further stay so until you act.")
    )
    return redirect(showing.url(request, "gpts-ceilings"))


def edit(
    request: Any, *, form: SettingsForm, context: Any, status: int = 200
) -> HttpResponse:
    """The form itself."""
    shown = context | {"form": form}
    return render(request, "workspaces/access/edit.html", shown, status=status)


def _hidden(sent: QueryDict) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name in sent
        if name not in NOT_SENT_AGAIN
        for value in sent.getlist(name)
    ]
