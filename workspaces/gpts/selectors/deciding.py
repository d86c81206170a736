"""Answers whether a member may use, see, edit or share a GPT, and says why.

The pages, the services and the decision API ask here, so that they agree. The answer's
trail begins with what the member's features say and goes on with the GPT itself: whose
it is, to whom it is shared, and what of it is not available.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from workspaces.access import selectors as access
from workspaces.access.features import Feature
from workspaces.access.verdicts import Source, Verdict, Where
from workspaces.gpts import drafts, hosts, rules
from workspaces.gpts.drafts import Tool
from workspaces.gpts.levels import LABELS, NONE
from workspaces.gpts.models import (
    ActionDomain,
    Gpt,
    GptShare,
    GptVersion,
    ThirdPartyApproval,
)
from workspaces.gpts.rules import Act, Ground, Hold, Refusal, Rights, Standing
from workspaces.gpts.selectors import finding
from workspaces.groups.models import Group
from workspaces.members.models import Membership

_FEATURES = {
    Act.USE: Feature.GPTS_USE,
    Act.VIEW_CONFIG: Feature.GPTS_USE,
    Act.EDIT: Feature.GPTS_EDIT,
    Act.SHARE: Feature.GPTS_SHARE,
}


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a version of a GPT uses that may not be allowed."""

    tools: Collection[str]
    action_hosts: Collection[str]
    connectors: Collection[str]


@dataclass(frozen=True, kw_only=True)
class Around:
    """What else decides about a GPT: asked when it matters, or known beforehand."""

    allows_public: Callable[[], bool]
    domains: Callable[[], Collection[str]]
    needs: Callable[[Gpt, int], Needs]


def decide(
    *, member: Membership, gpt: UUID, action: str, wanted_level: str = ""
) -> Verdict:
    """Whether the member may; the value is the version they get, or the level."""
    try:
        act = Act(action)
    except ValueError:
        return _no(_("“%s” is nothing that one does with a GPT.") % action[:40], ())
    row = finding.live().filter(public_id=gpt).first()
    if row is None:
        return _no(_("This workspace has no such GPT."), ())
    return of(member=member, gpt=row, act=act, wanted_level=wanted_level)


def of(*, member: Membership, gpt: Gpt, act: Act, wanted_level: str = "") -> Verdict:
    """The same about a GPT in hand."""
    return judged(
        standing=access.standing(member=member),
        gpt=gpt,
        holds=holds_of(member=member, gpt=gpt),
        act=act,
        wanted_level=wanted_level,
        around=_ASKED,
    )


def judged(
    *,
    standing: access.Standing,
    gpt: Gpt,
    holds: tuple[Hold, ...],
    act: Act,
    wanted_level: str,
    around: Around,
) -> Verdict:
    """The answer, once everything about the member and the GPT is known."""
    feature = standing.verdict(_FEATURES[act])
    if act is Act.SHARE:
        return _sharing(feature, holds, wanted_level, around)
    trail = (*feature.trail, *_trail(holds, act))
    if not feature.allowed:
        return _no(feature.reason, trail)
    if not rules.may(act, holds):
        return _no(_NO[act](), trail)
    number = _served(gpt, holds)
    missing = _missing(standing, gpt, number, around) if act is Act.USE else ()
    reason = _YES[_first(holds, act).ground]()
    if missing:
        reason += " " + _("Not all of it is available: see its page.")
    return Verdict(
        allowed=True, reason=reason, value=str(number), trail=(*trail, *missing)
    )


def decide_third_party(*, member: Membership, external_id: str) -> Verdict:
    """Whether the member may use a GPT from outside."""
    is_approved = ThirdPartyApproval.objects.filter(
        external_id=external_id, withdrawn_at__isnull=True
    ).exists()
    return judged_third_party(
        standing=access.standing(member=member), is_approved=is_approved
    )


def judged_third_party(*, standing: access.Standing, is_approved: bool) -> Verdict:
    """The answer, once it is known whether an admin has approved the GPT."""
    use = standing.verdict(Feature.GPTS_USE)
    if not use.allowed:
        return use
    feature = standing.verdict(Feature.GPTS_THIRD_PARTY)
    allowed = rules.may_use_third_party(
        allowed=str(feature.value), is_approved=is_approved
    )
    said = "approved" if is_approved else "not approved"
    decided = feature.value == "approved"
    source = Source(
        where=Where.RESOURCE, said=said, decided=decided, name=_("Approvals")
    )
    if allowed:
        reason = _("GPTs from outside are allowed here.")
        if decided:
            reason = _("An admin has approved this GPT from outside.")
    else:
        reason = _("GPTs from outside are not allowed here.")
        if decided:
            reason = _("No admin has approved this GPT from outside.")
    return Verdict(
        allowed=allowed,
        reason=reason,
        value=feature.value,
        trail=(*feature.trail, source),
    )


def holds_of(*, member: Membership, gpt: Gpt) -> tuple[Hold, ...]:
    """Every ground on which the member reaches the GPT."""
    shares = list(finding.shares_for(member_id=member.pk).filter(gpt_id=gpt.pk))
    given = [one.group_id for one in shares if one.group_id]
    names = dict(Group.objects.filter(id__in=given).values_list("id", "name"))
    return holds_by(member_id=member.pk, gpt=gpt, shares=shares, names=names)


def holds_by(
    *, member_id: int, gpt: Gpt, shares: Iterable[GptShare], names: dict[int, str]
) -> tuple[Hold, ...]:
    """The same from the shares that reach the member, and the names of their groups."""
    reaching = list(shares)
    person = next((_rights(s) for s in reaching if s.membership_id), None)
    given = {s.group_id: _rights(s) for s in reaching if s.group_id}
    return rules.grounds(
        Standing(
            is_owner=gpt.owner_id == member_id,
            visibility=gpt.visibility,
            person=person,
            groups=tuple((names.get(one, ""), given[one]) for one in sorted(given)),
        )
    )


def ceiling_of(*, member: Membership) -> str:
    """How far the member may share, all things together."""
    level = share_level_of(member=member)
    return rules.ceiling_of(feature=level, allows_public=finding.allows_public())


def share_level_of(*, member: Membership) -> str:
    """How far the member's features let them share, the workspace's switch aside."""
    feature = access.decide(member=member, feature=Feature.GPTS_SHARE)
    return str(feature.value) if feature.allowed else NONE


def served_to(*, holds: Iterable[Hold], gpt: Gpt) -> int:
    """The number of the version that somebody with these grounds gets."""
    return _served(gpt, tuple(holds))


def hosts_outside(*, version: GptVersion) -> tuple[str, ...]:
    """The hosts of a version's actions that the workspace does not allow."""
    return _outside(version.action_hosts, _ASKED)


def _sharing(
    feature: Verdict, holds: tuple[Hold, ...], wanted: str, around: Around
) -> Verdict:
    ceiling = str(feature.value) if feature.allowed else NONE
    allows_public = around.allows_public()
    refusal = rules.share_refusal(
        wanted=wanted,
        ceiling=ceiling,
        is_owner=rules.may(Act.SHARE, holds),
        allows_public=allows_public,
    )
    is_switch = refusal is Refusal.PUBLIC_OFF
    switch = Source(
        where=Where.RESOURCE,
        said="on" if allows_public else "off",
        decided=is_switch,
        name=_("Public sharing in this workspace"),
    )
    trail = (*feature.trail, *_trail(holds, Act.SHARE), switch)
    most = rules.ceiling_of(feature=ceiling, allows_public=allows_public)
    if refusal is not Refusal.NOTHING:
        reason = why_not_shared(refusal, ceiling=ceiling)
        return Verdict(allowed=False, reason=reason, value=most, trail=trail)
    reason = _("Up to “%s” is yours to choose.") % LABELS[most]
    if wanted and rules.needs_review(wanted):
        reason = _("After a review: an admin looks at the version first.")
    return Verdict(allowed=True, reason=reason, value=most, trail=trail)


def why_not_shared(refusal: Refusal, *, ceiling: str) -> str:
    """The sentence of a refusal to share."""
    sentences = {
        Refusal.UNKNOWN: _("There is no such level of sharing."),
        Refusal.NOT_OWNER: _("Only its owner shares a GPT."),
        Refusal.NOT_SHARED: _("You may not share GPTs here. An owner can change that."),
        Refusal.PUBLIC_OFF: _(
            "This workspace does not share GPTs with the public. An admin can change"
            " that."
        ),
        Refusal.ABOVE_CEILING: _("You may share up to “%s”. An owner can change that.")
        % LABELS[ceiling],
    }
    return sentences.get(refusal, "")


def _served(gpt: Gpt, holds: tuple[Hold, ...]) -> int:
    return rules.served_number(
        latest=gpt.latest_number,
        public=gpt.public_number,
        sees_newest=rules.sees_latest(holds),
    )


def _missing(
    standing: access.Standing, gpt: Gpt, number: int, around: Around
) -> tuple[Source, ...]:
    """What of the version is not available, each with its reason."""
    needs = around.needs(gpt, number)
    found = [
        Source(
            where=Where.RESOURCE,
            said="unavailable",
            decided=False,
            name=_("Actions at %s: the domain is not allowed") % host,
        )
        for host in _outside(needs.action_hosts, around)
    ]
    found += [
        Source(
            where=Where.RESOURCE,
            said="unavailable",
            decided=False,
            name=_("%s: the member may not") % drafts.TOOL_LABELS[Tool(one)],
        )
        for one, feature in drafts.FEATURES.items()
        if one in needs.tools and not standing.verdict(feature)
    ]
    if needs.connectors and not standing.verdict(Feature.GPTS_CONNECTORS):
        found.append(
            Source(
                where=Where.RESOURCE,
                said="unavailable",
                decided=False,
                name=_("Connectors inside GPTs are off"),
            )
        )
    return tuple(found)


def _outside(action_hosts: Collection[str], around: Around) -> tuple[str, ...]:
    if not action_hosts:
        return ()
    return hosts.outside(action_hosts, domains=around.domains())


def _needs(gpt: Gpt, number: int) -> Needs:
    rows = GptVersion.objects.filter(gpt_id=gpt.pk, number=number)
    tools, action_hosts, connectors = rows.values_list(
        "tools", "action_hosts", "connectors"
    ).get()
    return Needs(tools=tools, action_hosts=action_hosts, connectors=connectors)


def _rights(share: GptShare) -> Rights:
    return Rights(
        can_read=share.can_read,
        can_view_config=share.can_view_config,
        can_write=share.can_write,
    )


def _first(holds: tuple[Hold, ...], act: Act) -> Hold:
    return next(hold for hold in holds if hold.allows(act))


def _trail(holds: tuple[Hold, ...], act: Act) -> tuple[Source, ...]:
    if not holds:
        name = _("Not shared with the member")
        return (Source(where=Where.RESOURCE, said=None, decided=True, name=name),)
    decides = rules.may(act, holds)
    return tuple(
        Source(
            where=Where.RESOURCE,
            said="yes" if hold.allows(act) else "no",
            decided=hold.allows(act) is decides,
            name=_ground(hold),
        )
        for hold in holds
    )


def _ground(hold: Hold) -> str:
    if hold.ground is Ground.GROUP:
        return _("Shared with the group %s") % hold.name
    if hold.ground is Ground.VISIBILITY:
        return _("Shared: %s") % LABELS[hold.name]
    return {Ground.OWNER: _("Owner"), Ground.PERSON: _("Shared with the member")}[
        hold.ground
    ]


def _no(reason: str, trail: tuple[Source, ...]) -> Verdict:
    return Verdict(allowed=False, reason=reason, value="", trail=trail)


_YES = {
    Ground.OWNER: lambda: _("It is the member's own GPT."),
    Ground.PERSON: lambda: _("It is shared with the member."),
    Ground.GROUP: lambda: _("It is shared with a group that the member is in."),
    Ground.VISIBILITY: lambda: _("It is shared with the workspace."),
}
_NO = {
    Act.USE: lambda: _("It is not shared with the member."),
    Act.VIEW_CONFIG: lambda: _("The member may not see its settings."),
    Act.EDIT: lambda: _("The member may not edit it."),
}
_ASKED = Around(
    allows_public=finding.allows_public,
    domains=lambda: list(ActionDomain.objects.values_list("domain", flat=True)),
    needs=_needs,
)
