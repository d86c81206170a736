"""What the pages of reviews show: requests, and of one what its reviewer reads.

A reviewer reads what the public would see; instructions only where the owner has let
them see the settings.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from workspaces.gpts import rules, selectors, showing
from workspaces.gpts.levels import LABELS
from workspaces.gpts.models import GptReview, ReviewState
from workspaces.gpts.places import Places
from workspaces.gpts.rules import Act
from workspaces.gpts.showing import REVIEW_STATES, person, query
from workspaces.members import selectors as members
from workspaces.members.models import Membership


def review_tabs(*, is_over: bool) -> list[dict[str, Any]]:
    """Waiting and decided."""
    return [
        {"label": _("Waiting"), "url": "?", "chosen": not is_over},
        {"label": _("Over"), "url": query(show="over"), "chosen": is_over},
    ]


def review_rows(where: Places, reviews: Sequence[GptReview]) -> list[dict[str, Any]]:
    """A page of requests; a name only while one waits, or where all see it."""
    gpts = selectors.by_key(ids={one.gpt_id for one in reviews})
    named = selectors.named_among(gpts=list(gpts.values()))
    names = selectors.summaries_of(numbers=named)
    people = members.by_id(ids={one.requester_id for one in reviews})
    return [
        {
            "review": one,
            "name": names[one.gpt_id].name if one.gpt_id in names else "",
            "hint": str(gpts[one.gpt_id].public_id)[:8],
            "who": person(people.get(one.requester_id)),
            "wanted": LABELS[one.wanted],
            "status": REVIEW_STATES[ReviewState(one.state)],
            "url": where.url("review", review=one.public_id),
        }
        for one in reviews
        if one.gpt_id in gpts
    ]


def review(
    where: Places, row: GptReview, *, member: Membership, at: datetime
) -> dict[str, Any]:
    """One request, with what the reviewer reads of the version."""
    gpt = selectors.by_key(ids=[row.gpt_id]).get(row.gpt_id)
    if gpt is None:
        raise selectors.UnknownReview(_("The GPT of this request was deleted."))
    version = selectors.version_of(gpt=gpt, number=row.number)
    is_waiting = row.state == ReviewState.WAITING
    holds = selectors.holds_of(member=member, gpt=gpt)
    people = members.by_id(
        ids={row.requester_id, gpt.owner_id, version.author_id, row.reviewer_id or 0}
    )
    files = selectors.live_files(gpt=gpt, at=at)
    shows = is_waiting or gpt.public_number == row.number
    config = None
    if rules.may(Act.VIEW_CONFIG, holds):
        config = selectors.config_of(gpt=gpt, version=version)
    return {
        "row": row,
        "gpt": gpt,
        "summary": selectors.summary_of(gpt=gpt, number=row.number) if shows else None,
        "config": config,
        "parts": showing.parts_of(version),
        "connectors": version.connectors,
        "files": files.filter(public_id__in=version.file_ids).count(),
        "status": REVIEW_STATES[ReviewState(row.state)],
        "wanted": LABELS[row.wanted],
        "requester": person(people.get(row.requester_id)),
        "reviewer": person(people.get(row.reviewer_id or 0)),
        "reason": selectors.reason_of(gpt=gpt, review=row),
        "is_waiting": is_waiting,
        "is_own": not rules.may_review(
            reviewer_id=member.pk,
            requester_id=row.requester_id,
            owner_id=gpt.owner_id,
            author_id=version.author_id,
        ),
        "before": gpt.public_number,
        "govern_url": where.url("govern", gpt=gpt.public_id),
        "list_url": where.url("reviews"),
    }
