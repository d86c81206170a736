"""Puts the page of the log together: list, counts, timeline, views, badge."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from audit.explorer import (
    chips,
    facets,
    figures,
    overviews,
    selectors,
    showing,
    timeline,
)
from audit.explorer.asking import Asked
from audit.explorer.figures import TakesTooLong
from audit.explorer.forms import SaveForm, action_names
from audit.explorer.overviews import Overview
from audit.explorer.pages import Pages, parameters
from audit.explorer.selectors import Listed
from audit.explorer.timeline import Span
from audit.log.selectors import Log
from audit.query.rules import Query
from audit.query.selectors import matching
from audit.saved_views import selectors as saved_views
from audit.verification import selectors as verifications
from audit.verification import tampering
from audit.verification.models import State
from kit.actor import Actor
from kit.permissions import Permission


def page(
    asked: Asked, *, pages: Pages, log: Log, actor: Actor, given: Any, at: datetime
) -> dict[str, Any]:
    """The context of the whole page; `given` is the query string."""
    context = {
        "asked": asked,
        "query": asked.query.text,
        "chips": chips.of(asked.query),
        "actions": action_names(),
        "crumbs": pages.crumbs(),
        "views": _views(pages, actor, asked.query),
        "save": SaveForm(),
        "urls": {
            "entries": pages.url("entries"),
            "save_view": pages.url("save-view"),
            "export": _export_url(asked, pages, actor),
        },
        "badge": badge(pages, at=at),
        "demo": _demo(log, pages),
        "waiting": [],
        "days": [],
    }
    if asked.refusal:
        return context
    found = entries(asked.query, pages=pages, log=log, given=given, at=at)
    listed: Listed = found.pop("listed")
    return context | found | _figures(asked.query, listed, pages=pages, at=at)


def entries(
    query: Query, *, pages: Pages, log: Log, given: Any, at: datetime
) -> dict[str, Any]:
    """The context of the list alone: one page of it, newest first."""
    after = given.get("after")
    is_live = bool(given.get("live")) and not after
    listed = selectors.listed(
        log=log,
        found=matching(query, workspace=pages.workspace, at=at),
        after=after,
    )
    is_plain = not after and not query.terms
    waits = selectors.waiting(log=log, workspace=pages.workspace) if is_plain else []
    kept = parameters(query, after=after or "", live="1" if is_live else "")
    return {
        "listed": listed,
        "kept": kept,
        "waiting": [showing.row(one, pages=pages) for one in waits],
        "days": showing.by_day(listed.entries, pages=pages, today=at, query=kept),
        "next_url": listed.next and parameters(query, after=listed.next),
        "previous_url": listed.previous and parameters(query, after=listed.previous),
        "live": _live(query, is_live=is_live),
        "looked_at": at,
    }


def badge(pages: Pages, *, at: datetime) -> dict[str, Any]:
    """The badge; while a worker verifies, it asks for itself again."""
    row = verifications.newest()
    is_running = row is not None and row.state == State.DUE
    return showing.badge(row, pages=pages, now=at) | {
        "poll_url": pages.list_url(part="badge") if is_running else ""
    }


def _figures(
    query: Query, listed: Listed, *, pages: Pages, at: datetime
) -> dict[str, Any]:
    values = facets.values_of(listed.entries)
    try:
        with figures.bounded_time():
            total, counts = facets.counted(query, values, workspace=pages.workspace)
            oldest = figures.oldest()
            span = timeline.span(query, oldest=oldest, now=at)
            buckets = figures.bucketed(
                matching(query, workspace=pages.workspace, at=at), span.buckets()
            )
            overview = _overview(query, span, oldest, pages=pages, at=at)
    except TakesTooLong:
        return {"facets": facets.laid_out(query, values, {}), "is_uncounted": True}
    return {
        "facets": facets.laid_out(query, values, counts),
        "total": total,
        "timeline": timeline.laid_out(query, buckets),
        "overview": overview,
    }


def _overview(
    query: Query, shown: Span, oldest: datetime | None, *, pages: Pages, at: datetime
) -> Overview | None:
    """The whole time in one more statement, where a part of it is shown."""
    whole = overviews.span(query, oldest=oldest, now=at)
    if whole is None:
        return None
    found = matching(query.without("at"), workspace=pages.workspace, at=at)
    return overviews.laid_out(query, shown, figures.bucketed(found, whole.buckets()))


def _live(query: Query, *, is_live: bool) -> dict[str, Any]:
    return {
        "is_on": is_live,
        "poll_url": parameters(query, live="1", part="list"),
        "toggle_url": parameters(query, live="" if is_live else "1") or "?",
    }


def _export_url(asked: Asked, pages: Pages, actor: Actor) -> str:
    """Where the same query is exported; nothing for whom that is refused."""
    if asked.refusal or not actor.may(Permission.AUDIT_EXPORT).allowed:
        return ""
    return pages.url("exports") + parameters(asked.query)


def _views(pages: Pages, actor: Actor, query: Query) -> list[dict[str, Any]]:
    rows = saved_views.visible_to(actor, workspace=pages.workspace)
    return [
        {
            "name": row.name,
            "url": f"?{urlencode({'q': row.query})}",
            "is_shared": row.is_shared,
            "is_current": row.query == query.text,
            "delete_url": pages.url("delete-view", view=row.public_id)
            if saved_views.may_delete(actor, row)
            else "",
        }
        for row in rows
    ]


def _demo(log: Log, pages: Pages) -> dict[str, Any]:
    if not settings.CUSTOS_DEMO:
        return {}
    return {
        "is_tampered": tampering.is_tampered(log),
        "tamper_url": pages.url("tamper"),
        "put_back_url": pages.url("put-back"),
    }
