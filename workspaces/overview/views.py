"""The first page of a workspace: a verdict, then the cards that explain it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from kit import clock, guard, overview
from kit.formatting import absolute
from kit.overview import CardView, Place, Task
from kit.permissions import Permission
from workspaces.overview import rules
from workspaces.overview.rules import Answer, Standing, Verdict


@guard.requires(Permission.OVERVIEW_VIEW)
@require_GET
def show(request: Any) -> HttpResponse:
    """How the workspace stands, and what waits for this person."""
    now = clock.now()
    built = [
        (card.place, view)
        for card in overview.cards_for(request.actor)
        if (view := card.build(request.actor, now)) is not None
    ]
    views = [view for _place, view in built]
    tasks = [_with_address(request, task) for view in views for task in view.tasks]
    answer = rules.answer(
        [Standing(status=view.status, sentence=str(view.sentence)) for view in views]
    )
    context = {
        "now": now,
        "verdict": _verdict(answer, waiting=len(tasks), at=now),
        "tasks": tasks,
        "lead": _at(Place.MAIN, built)[:1],
        "main": _at(Place.MAIN, built)[1:],
        "stats": _at(Place.STAT, built),
        "side": _at(Place.SIDE, built),
        "crumbs": [
            {"label": request.workspace.organization.name},
            {"label": request.workspace.name},
        ],
    }
    return render(request, "workspaces/overview/show.html", context)


def _at(place: Place, built: Sequence[tuple[Place, CardView]]) -> list[CardView]:
    return [view for where, view in built if where is place]


def _with_address(request: Any, task: Task) -> Task:
    if not task.page:
        return task
    url = reverse(task.page, kwargs={"workspace": request.workspace.slug})
    return replace(task, action_url=url)


def _verdict(answer: Answer, *, waiting: int, at: datetime) -> dict[str, str]:
    waits = (
        ngettext("%d thing waits for you.", "%d things wait for you.", waiting)
        % waiting
        if waiting
        else _("Nothing waits for you.")
    )
    checked = _("Checked %s.") % absolute(at)
    if answer.verdict is Verdict.OK:
        title, more = _("Everything is in order today"), ""
    else:
        title, more = answer.sentences[0].rstrip("."), " ".join(answer.sentences[1:])
    text = " ".join(part for part in (more, waits, checked) if part)
    return {"kind": answer.verdict.value, "title": title, "text": text}
