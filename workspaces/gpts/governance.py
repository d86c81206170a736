"""What the pages of governance show: levels, owners and dates, names only where shown.

A name is content. Those who govern read it of a GPT that its owner has shown to the
whole workspace or the public, or asks to show; of others they see that there is one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.charts.bars import Bar, BarChart, Fill
from kit.formatting import grouped
from workspaces.gpts import selectors, showing
from workspaces.gpts.levels import LABELS, PUBLIC, SHORT, Visibility
from workspaces.gpts.models import Gpt
from workspaces.gpts.places import Places
from workspaces.gpts.selectors import Counts
from workspaces.gpts.showing import person, query, status_of
from workspaces.members import selectors as members
from workspaces.tenancy.selectors import WorkspaceRef


def overview(where: Places, *, workspace: WorkspaceRef) -> dict[str, Any]:
    """The figures above the list."""
    counts = selectors.counts()
    return {
        "counts": counts,
        "sentence": _sentence(counts),
        "chart": _chart(where, counts) if counts.total else None,
        "allows_public": selectors.allows_public(),
        "public_now": sum(counts.by_visibility[one] for one in PUBLIC),
        "public_url": where.url("public"),
        "tasks": [*_waiting(where, workspace), *_rules(where)],
    }


def chips(*, visibility: str, only_unassigned: bool) -> list[dict[str, Any]]:
    """The filters of the list, each with the way out of it."""
    found = []
    unassigned = "on" if only_unassigned else ""
    if visibility:
        found.append(
            {
                "field": _("Shared with"),
                "relation": _("is"),
                "value": LABELS[visibility],
                "remove_url": query(unassigned=unassigned) or "?",
            }
        )
    if only_unassigned:
        found.append(
            {
                "field": _("Owner"),
                "relation": _("is"),
                "value": _("unassigned"),
                "remove_url": query(visibility=visibility) or "?",
            }
        )
    return found


def rows(where: Places, gpts: Sequence[Gpt]) -> list[dict[str, Any]]:
    """A page of the list of all."""
    named = selectors.named_among(gpts=gpts)
    summaries = selectors.summaries_of(numbers=named)
    owners = members.by_id(ids={gpt.owner_id for gpt in gpts})
    return [
        {
            "gpt": gpt,
            "name": summaries[gpt.pk].name if gpt in named else "",
            "hint": str(gpt.public_id)[:8],
            "owner": person(owners.get(gpt.owner_id)),
            "status": status_of(gpt),
            "url": where.url("govern", gpt=gpt.public_id),
        }
        for gpt in gpts
    ]


def one(where: Places, gpt: Gpt, *, at: datetime) -> dict[str, Any]:
    """One GPT without its text."""
    named = selectors.named_among(gpts=[gpt])
    name = selectors.summaries_of(numbers=named)[gpt.pk].name if named else ""
    version = selectors.version_of(
        gpt=gpt, number=gpt.public_number or gpt.latest_number
    )
    is_private = gpt.visibility == Visibility.INVITE_ONLY
    return {
        "gpt": gpt,
        "name": name,
        "status": status_of(gpt),
        "facts": _facts(gpt, at),
        "parts": showing.parts_of(version),
        "connectors": version.connectors,
        "reviews": showing.reviews(gpt, with_reasons=False),
        "can_unpublish": not is_private,
        "can_isolate": not is_private or gpt.recipient_count > 0,
        "unpublish_url": where.url("unpublish", gpt=gpt.public_id),
        "isolate_url": where.url("isolate", gpt=gpt.public_id),
        "reassign_url": where.url("reassign", gpt=gpt.public_id),
        "list_url": where.url("governance"),
    }


def _waiting(where: Places, workspace: WorkspaceRef) -> list[dict[str, Any]]:
    """What somebody has to decide: versions to review, GPTs above a ceiling."""
    waiting = selectors.waiting_count()
    above = selectors.overview(workspace=workspace, size=0).total
    reviews = ngettext(
        "%s version waits for a review", "%s versions wait for a review", waiting
    )
    ceilings = ngettext(
        "%s GPT stands above its owner's ceiling",
        "%s GPTs stand above their owners' ceilings",
        above,
    )
    return [
        {
            "title": reviews % grouped(waiting),
            "tone": "warn" if waiting else "",
            "icon_name": "eye",
            "fact": _("Before the public sees them, somebody else looks."),
            "action_url": where.url("reviews"),
            "action_name": _("Reviews"),
        },
        {
            "title": ceilings % grouped(above),
            "tone": "warn" if above else "",
            "icon_name": "adjustments",
            "fact": _("Shared further than its owner may share today."),
            "action_url": where.url("ceilings"),
            "action_name": _("Ceilings"),
        },
    ]


def _rules(where: Places) -> list[dict[str, Any]]:
    """Where the rules for all GPTs are."""
    return [
        {
            "title": _("Domains that actions may call"),
            "icon_name": "world-check",
            "fact": _("None is allowed that is not on the list."),
            "action_url": where.url("domains"),
            "action_name": _("Domains"),
        },
        {
            "title": _("GPTs from outside"),
            "icon_name": "external-link",
            "fact": _("None, those that were approved, or all."),
            "action_url": where.url("outside"),
            "action_name": _("Approvals"),
        },
    ]


def _facts(gpt: Gpt, at: datetime) -> list[dict[str, Any]]:
    files = selectors.live_files(gpt=gpt, at=at).count()
    people = members.by_id(ids={gpt.owner_id, gpt.original_owner_id or 0})
    owner = person(people.get(gpt.owner_id))
    if gpt.is_unassigned:
        owner = _("%(owner)s, until %(original)s returns or somebody is chosen") % {
            "owner": owner,
            "original": person(people.get(gpt.original_owner_id or 0)),
        }
    return [
        {"name": _("Id"), "value": str(gpt.public_id), "is_mono": True},
        {"name": _("Owner"), "value": owner},
        {"name": _("Shared with"), "value": status_of(gpt)[1]},
        {"name": _("People and groups"), "value": grouped(gpt.recipient_count)},
        {"name": _("Of these, editors"), "value": grouped(gpt.editor_count)},
        {"name": _("Versions"), "value": grouped(gpt.latest_number)},
        {
            "name": _("Public version"),
            "value": str(gpt.public_number) if gpt.public_number else _("none"),
        },
        {"name": _("Files"), "value": grouped(files)},
    ]


def _sentence(counts: Counts) -> str:
    public = sum(counts.by_visibility[one] for one in PUBLIC)
    words = ngettext("%s GPT is kept here.", "%s GPTs are kept here.", counts.total)
    found = words % grouped(counts.total)
    if public:
        more = ngettext(
            "%s of them is shared with the public.",
            "%s of them are shared with the public.",
            public,
        )
        return f"{found} {more % grouped(public)}"
    return f"{found} " + _("None is shared with the public.")


def _chart(where: Places, counts: Counts) -> BarChart:
    bars = tuple(
        Bar(
            label=str(SHORT[one]),
            value=counts.by_visibility[one],
            fill=Fill.SECOND if one in PUBLIC else Fill.SOLID,
            url=where.url("governance") + query(visibility=one.value),
        )
        for one in Visibility
    )
    return BarChart(
        id="by-visibility",
        title=_sentence(counts),
        description=", ".join(f"{bar.label}: {bar.value:.0f}" for bar in bars),
        caption=_("GPTs by how far they are shared"),
        bars=bars,
        category=_("Shared with"),
        value_name=_("GPTs"),
    )
