"""Turns GPTs into what their pages show: rows, facts, and what is not possible."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from kit.formatting import grouped
from workspaces.access import selectors as access
from workspaces.access.features import Feature
from workspaces.access.verdicts import Verdict
from workspaces.gpts import drafts, hosts, rules, selectors
from workspaces.gpts.drafts import TOOL_LABELS, Tool
from workspaces.gpts.forms import RIGHTS
from workspaces.gpts.levels import EXPLAINED, LABELS, PUBLIC, Visibility
from workspaces.gpts.models import Gpt, GptReview, GptVersion, ReviewState
from workspaces.gpts.places import Places
from workspaces.gpts.rules import Act
from workspaces.gpts.selectors import Recipient, Tab, deciding
from workspaces.members import selectors as members
from workspaces.members.models import Membership

_TABS = {
    Tab.MINE: _lazy("Mine"),
    Tab.SHARED: _lazy("Shared with me"),
    Tab.WORKSPACE: _lazy("Workspace"),
}
_ICONS = {
    Visibility.INVITE_ONLY: "users",
    Visibility.WORKSPACE_WITH_LINK: "link",
    Visibility.WORKSPACE: "building",
    Visibility.ANYONE_WITH_LINK: "world",
    Visibility.GPT_STORE: "world",
}
REVIEW_STATES = {
    ReviewState.WAITING: ("wait", _lazy("Waits for a review")),
    ReviewState.APPROVED: ("ok", _lazy("Approved")),
    ReviewState.SENT_BACK: ("warn", _lazy("Sent back")),
    ReviewState.REJECTED: ("bad", _lazy("Rejected")),
    ReviewState.WITHDRAWN: ("off", _lazy("Withdrawn")),
}


def query(**asked: str) -> str:
    """A query string of what was asked."""
    return f"?{urlencode({name: value for name, value in asked.items() if value})}"


def person(member: Membership | None) -> str:
    """How a member is called on a page."""
    if member is None:
        return _("somebody who left")
    return member.name or member.email.partition("@")[0]


def status_of(gpt: Gpt) -> tuple[str, str, str]:
    """Kind, word and icon of how far a GPT is shared; the public stands out."""
    if gpt.visibility == Visibility.INVITE_ONLY and not gpt.recipient_count:
        return "off", str(LABELS["none"]), "user"
    kind = "warn" if gpt.visibility in PUBLIC else "off"
    return kind, str(LABELS[gpt.visibility]), _ICONS[Visibility(gpt.visibility)]


def may(member: Membership, feature: Feature) -> Verdict:
    """Whether the member may use a feature, with the reason why not."""
    return access.decide(member=member, feature=feature)


def tabs(where: Places, tab: Tab) -> list[dict[str, Any]]:
    """The three lists."""
    return [
        {
            "label": label,
            "url": where.url("list") + query(tab=one.value),
            "chosen": one is tab,
        }
        for one, label in _TABS.items()
    ]


def name_for(gpt: Gpt, member: Membership) -> str:
    """The name in the version that the member gets."""
    return selectors.summary_of(gpt=gpt, number=_number(gpt, member)).name


def rows(
    where: Places, gpts: Sequence[Gpt], *, member: Membership
) -> list[dict[str, Any]]:
    """A page of a list: names of all in two queries."""
    mine = {gpt.pk for gpt in gpts if gpt.owner_id == member.pk}
    numbers = {
        gpt: gpt.latest_number
        if gpt.pk in mine
        else gpt.public_number or gpt.latest_number
        for gpt in gpts
    }
    names = selectors.summaries_of(numbers=numbers)
    owners = members.by_id(ids={gpt.owner_id for gpt in gpts})
    return [
        {
            "gpt": gpt,
            "name": names[gpt.pk].name,
            "description": names[gpt.pk].description,
            "owner": _("You") if gpt.pk in mine else person(owners.get(gpt.owner_id)),
            "status": status_of(gpt),
            "url": where.url("detail", gpt=gpt.public_id),
        }
        for gpt in gpts
    ]


def detail(
    where: Places, gpt: Gpt, *, member: Membership, at: datetime
) -> dict[str, Any]:
    """Everything that the page of one GPT shows to this member."""
    can = {act.value: deciding.of(member=member, gpt=gpt, act=act) for act in Act}
    number = _number(gpt, member)
    version = selectors.version_of(gpt=gpt, number=number)
    summary = selectors.summary_of(gpt=gpt, number=number)
    config = None
    if can[Act.VIEW_CONFIG].allowed:
        config = selectors.config_of(gpt=gpt, version=version)
    is_owner = gpt.owner_id == member.pk
    return {
        "gpt": gpt,
        "summary": summary,
        "config": config,
        "version": version,
        "can": can,
        "is_owner": is_owner,
        "status": status_of(gpt),
        "facts": _facts(gpt, number, is_owner=is_owner),
        "parts": _parts(version, member=member),
        **(files_of(where, gpt, version, at=at) if config else {}),
        "waiting": _waiting(gpt) if is_owner else None,
        "edit_url": where.url("edit", gpt=gpt.public_id),
        "share_url": where.url("share", gpt=gpt.public_id),
        "versions_url": where.url("versions", gpt=gpt.public_id),
        "delete_url": where.delete_url(gpt.public_id) if is_owner else "",
    }


def written(gpt: Gpt, version: GptVersion) -> Mapping[str, Any]:
    """What the form of the next version begins with."""
    summary = selectors.summary_of(gpt=gpt, number=version.number)
    config = selectors.config_of(gpt=gpt, version=version)
    return {
        "name": summary.name,
        "description": summary.description,
        "starters": "\n".join(summary.starters),
        "instructions": config.instructions,
        "schema": config.schemas[0] if config.schemas else "",
        "tools": version.tools,
        "connectors": "\n".join(version.connectors),
    }


def levels(gpt: Gpt, *, member: Membership) -> list[dict[str, Any]]:
    """Each level with whether it can be chosen, and why not."""
    shown = []
    for one in Visibility:
        verdict = deciding.of(
            member=member, gpt=gpt, act=Act.SHARE, wanted_level=one.value
        )
        shown.append(
            {
                "value": one.value,
                "label": LABELS[one],
                "text": EXPLAINED[one],
                "is_current": gpt.visibility == one,
                "is_possible": verdict.allowed,
                "reason": "" if verdict.allowed else verdict.reason,
            }
        )
    return shown


def recipients(gpt: Gpt) -> list[dict[str, Any]]:
    """Whom a GPT is shared with, by name."""
    words = dict(RIGHTS)
    return [
        {
            "id": one.share.public_id,
            "name": _recipient(one),
            "is_group": one.group is not None,
            "is_hidden": one.group is not None and not selectors.is_found(one.group),
            "rights": words[
                rules.Rights(
                    can_view_config=one.share.can_view_config,
                    can_write=one.share.can_write,
                ).name
            ],
        }
        for one in selectors.recipients_of(gpt=gpt)
    ]


def reviews(gpt: Gpt, *, with_reasons: bool) -> list[dict[str, Any]]:
    """What became of the requests about a GPT."""
    return [
        {
            "review": one,
            "status": REVIEW_STATES[ReviewState(one.state)],
            "wanted": LABELS[one.wanted],
            "reason": selectors.reason_of(gpt=gpt, review=one) if with_reasons else "",
        }
        for one in selectors.reviews_of(gpt=gpt)
    ]


def parts_of(version: GptVersion) -> list[dict[str, Any]]:
    """Tools, hosts and connectors of a version, with what is not available."""
    outside = set(deciding.hosts_outside(version=version))
    found = [
        {"name": TOOL_LABELS[Tool(one)], "missing": "", "tool": one}
        for one in version.tools
    ]
    found += [
        {
            "name": _("Actions at %s") % hosts.readable(host),
            "missing": _("Not available: this workspace does not allow the domain.")
            if host in outside
            else "",
        }
        for host in version.action_hosts
    ]
    return found


def _parts(version: GptVersion, *, member: Membership) -> list[dict[str, Any]]:
    found = parts_of(version)
    standing = access.standing(member=member)
    for part in found:
        feature = drafts.FEATURES.get(part.get("tool", ""))
        if feature is not None:
            part["missing"] = _missing(standing.verdict(feature))
    missing = _missing(standing.verdict(Feature.GPTS_CONNECTORS))
    return found + [
        {"name": _("Connector %s") % slug, "missing": missing}
        for slug in version.connectors
    ]


def _missing(verdict: Verdict) -> str:
    return "" if verdict.allowed else _("Not available: %s") % verdict.reason


def _facts(gpt: Gpt, number: int, *, is_owner: bool) -> list[dict[str, Any]]:
    owner = members.by_id(ids=[gpt.owner_id]).get(gpt.owner_id)
    facts = [
        {"name": _("Owner"), "value": _("You") if is_owner else person(owner)},
        {"name": _("Shared with"), "value": status_of(gpt)[1]},
        {"name": _("Version"), "value": str(number)},
    ]
    if gpt.public_number:
        facts.append({"name": _("Public version"), "value": str(gpt.public_number)})
    if is_owner:
        facts.append(
            {"name": _("People and groups"), "value": grouped(gpt.recipient_count)}
        )
    return facts


def _waiting(gpt: Gpt) -> GptReview | None:
    found = selectors.reviews_of(gpt=gpt, size=1)
    return found[0] if found and found[0].state == ReviewState.WAITING else None


def files_of(
    where: Places, gpt: Gpt, version: GptVersion, *, at: datetime
) -> dict[str, Any]:
    """The files of a version by name, with where to get each, and how many are gone."""
    names = selectors.file_names_of(gpt=gpt, ids=version.file_ids, at=at)
    return {
        "files": [
            {"name": name, "url": where.url("file", gpt=gpt.public_id, file=public_id)}
            for public_id, name in names.items()
        ],
        "files_gone": len(version.file_ids) - len(names),
    }


def _recipient(one: Recipient) -> str:
    if one.group is not None:
        return one.group.name
    return person(one.membership)


def _number(gpt: Gpt, member: Membership) -> int:
    holds = selectors.holds_of(member=member, gpt=gpt)
    return deciding.served_to(holds=holds, gpt=gpt)
