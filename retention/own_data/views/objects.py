"""Own memories, projects, files and GPTs: deleting them, and what can come back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from kit import clock, content_kinds, guard
from kit.content_kinds import ContentKind, Storage
from kit.formatting import absolute, grouped
from kit.refusals import Refused
from retention.conversations.reasons import FOR_GOOD
from retention.deletions import objects
from retention.deletions import services as deletions
from retention.deletions.objects import UnknownKind, UnknownObject
from retention.own_data.views.access import (
    actor_of,
    chosen,
    scope_of,
    undo_days_of,
    with_refusals,
)
from retention.places import query
from workspaces.tenancy.selectors import Access

MOST_AT_ONCE = 1_000
_SHOWN = 50


@guard.signed_in
@require_safe
@with_refusals
def my_deleted(request: Any) -> HttpResponse:
    """What the person deleted beside conversations, and until when it comes back."""
    if not request.accesses:
        return render(request, "retention/own_data/nowhere.html")
    at = clock.now()
    access = chosen(request)
    with scope_of(access):
        groups = [
            _group(access, kind, storage, at)
            for kind, storage in content_kinds.simple()
        ]
    context = {
        "access": access,
        "groups": [group for group in groups if group["rows"]],
        "undo_days": undo_days_of(access),
        "home_url": reverse("retention:my-data") + _in(access),
    }
    return render(request, "retention/own_data/deleted.html", context)


@guard.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@with_refusals
def my_object_delete(request: Any, kind: str, stored: UUID) -> HttpResponse:
    """Say what deleting does, then delete."""
    at = clock.now()
    access, row, storage = _owned(request, kind, stored)
    with scope_of(access):
        if request.method == "POST":
            return _delete(request, access, kind, [stored], at)
        if row.deleted_at is not None:
            return redirect(_home(access, storage))
        held = objects.held_among(storage=storage, ids=[row.pk], at=at)
        names = storage.titles([row], access.workspace.public_id)
        context = _confirmation(
            access,
            storage,
            title=_("Delete “%s”?") % names.get(row.pk, storage.label),
            danger_label=_("Delete the %s") % storage.label,
            is_held=bool(held),
        )
    return render(request, "retention/own_data/delete_object.html", context)


@guard.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@with_refusals
def my_objects_delete(request: Any, kind: str) -> HttpResponse:
    """Delete everything of one kind that the person owns in a workspace."""
    at = clock.now()
    found, storage = _kind(kind)
    access = _chosen(request)
    with scope_of(access):
        live = found.rows.filter(
            deleted_at__isnull=True, **{storage.owner: access.membership_id}
        ).order_by("id")[:MOST_AT_ONCE]
        ids = dict(live.values_list("pk", "public_id"))
        if request.method == "POST" and ids:
            return _delete(request, access, kind, list(ids.values()), at)
        if not ids:
            return redirect(_home(access, storage))
        held = objects.held_among(storage=storage, ids=list(ids), at=at)
        numbers = {"n": grouped(len(ids)), "labels": storage.labels}
        context = _confirmation(
            access,
            storage,
            title=_("Delete all your %(labels)s (%(n)s)?") % numbers,
            danger_label=_("Delete %(n)s %(labels)s") % numbers,
            is_held=bool(held),
        )
    return render(request, "retention/own_data/delete_object.html", context)


@guard.signed_in
@require_POST
@with_refusals
def my_object_restore(request: Any, kind: str, stored: UUID) -> HttpResponse:
    """Bring a deleted object back, while that is possible."""
    access, _row, storage = _owned(request, kind, stored)
    with scope_of(access):
        try:
            deletions.restore_object(
                actor=actor_of(request, access),
                workspace=access.workspace,
                kind=kind,
                public_id=stored,
                at=clock.now(),
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("It is back: %s.") % storage.label)
    return redirect(reverse("retention:my-deleted") + _in(access))


def _delete(
    request: Any, access: Access, kind: str, ids: list[UUID], at: datetime
) -> HttpResponse:
    _found, storage = _kind(kind)
    try:
        done = deletions.delete_objects(
            actor=actor_of(request, access),
            workspace=access.workspace,
            kind=kind,
            public_ids=ids,
            at=at,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        text = ngettext("%(n)s is deleted.", "%(n)s are deleted.", done.hidden)
        messages.success(request, text % {"n": grouped(done.hidden)})
    return redirect(_home(access, storage))


def _confirmation(
    access: Access,
    storage: Storage,
    *,
    title: str,
    danger_label: str,
    is_held: bool,
) -> dict[str, Any]:
    days = undo_days_of(access)
    text = ngettext(
        "Hidden at once. For %(n)s day you can bring it back; then a sweep purges it,"
        " and nobody can.",
        "Hidden at once. For %(n)s days you can bring it back; then a sweep purges it,"
        " and nobody can.",
        days,
    ) % {"n": days}
    kept = {
        "kept_word": _("On hold"),
        "kept_text": _("what is covered stays stored until the hold is released."),
    }
    return {
        "access": access,
        "title": title,
        "text": " ".join(part for part in (str(storage.consequence), text) if part),
        "danger_label": danger_label,
        "keep_url": _home(access, storage),
        **(kept if is_held else {}),
    }


def _group(
    access: Access, kind: ContentKind, storage: Storage, at: datetime
) -> dict[str, Any]:
    found = objects.deleted_of(
        kind=kind, storage=storage, membership_id=access.membership_id
    )
    rows = list(found.order_by("-deleted_at", "-id")[:_SHOWN])
    names = storage.titles(rows, access.workspace.public_id) if rows else {}
    limit = objects.restorable_after(workspace=access.workspace, at=at)
    return {
        "label": storage.labels,
        "id": kind.name,
        "rows": [
            {
                "title": names.get(row.pk, _("Its key is destroyed")),
                "fact": _("deleted %s") % absolute(row.deleted_at),
                "url": reverse(
                    "retention:my-object-restore",
                    kwargs={"kind": kind.name, "stored": row.public_id},
                )
                if row.deleted_at > limit and row.deleted_by not in FOR_GOOD
                else "",
            }
            for row in rows
        ],
    }


def _owned(request: Any, kind: str, public_id: UUID) -> tuple[Access, Any, Storage]:
    """The object with the membership that may delete it; 404 for anyone else."""
    _found, storage = _kind(kind)
    for access in request.accesses:
        with scope_of(access):
            try:
                row = objects.own(
                    kind=kind, public_id=public_id, membership_id=access.membership_id
                )
            except UnknownObject:
                continue
            return access, row, storage
    raise Http404


def _kind(name: str) -> tuple[ContentKind, Storage]:
    try:
        return objects.kind_named(name)
    except UnknownKind as unknown:
        raise Http404 from unknown


def _chosen(request: Any) -> Access:
    if not request.accesses:
        raise Http404
    return chosen(request)


def _home(access: Access, storage: Storage) -> str:
    if storage.is_page_of_workspace:
        return reverse(storage.page, kwargs={"workspace": access.workspace.slug})
    return reverse(storage.page) + _in(access)


def _in(access: Access) -> str:
    return query(**{"in": access.workspace.slug})
