"""Says in a sentence why a member may or may not, from what was asked and decided."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from workspaces.access.features import (
    ALL,
    LABELS,
    WORDS,
    Feature,
    Kind,
    Value,
    kind_of,
)
from workspaces.access.verdicts import Source, Where
from workspaces.members.models import MembershipStatus
from workspaces.tenancy.plans import LABELS as PLANS
from workspaces.tenancy.plans import Plan
from workspaces.tenancy.seats import LABELS as SEATS
from workspaces.tenancy.seats import SeatType


def reason(
    feature: Feature,
    *,
    value: Value,
    wanted: str,
    is_allowed: bool,
    trail: Iterable[Source],
) -> str:
    """The sentence of an answer: what it is, and who set it."""
    deciding = [one for one in trail if one.decided]
    for one in deciding:
        if one.where in _CLOSED:
            return _closed(feature, one)
    told = _found(feature, value) if is_allowed else _lacking(feature, value, wanted)
    return f"{told} {origin(deciding)}"


def unknown(feature: Feature, wanted: str) -> str:
    """The sentence for what no value of the feature can be."""
    return _("“%(feature)s” has no value “%(wanted)s”.") % {
        "feature": LABELS[feature],
        "wanted": wanted[:100],
    }


def of_value(value: Value) -> str:
    """A value as the screens write it."""
    if not isinstance(value, frozenset):
        return str(WORDS.get(value, value))
    if ALL in value:
        return _("All")
    return ", ".join(sorted(value)) or _("None")


def briefly(value: Value) -> str:
    """A value as it fits into a cell: a long list is counted."""
    if not isinstance(value, frozenset) or ALL in value or len(value) <= 2:
        return of_value(value)
    return ngettext("%d model", "%d models", len(value)) % len(value)


def of_source(source: Source) -> str:
    """What was asked, by the name that the screens use."""
    if source.where is Where.PLAN:
        return _("The %s plan") % PLANS[Plan(str(source.said))]
    if source.where is Where.STATUS:
        return _("Membership")
    if source.where is Where.SEAT:
        return _("Seat")
    if source.where is Where.BASELINE:
        return _("The workspace")
    return source.name


def said_by(source: Source) -> str:
    """What a source said, in the words of the screens."""
    if source.said is None:
        return _("Default: leaves it to the workspace")
    if source.where is Where.STATUS:
        return str(MembershipStatus(str(source.said)).label)
    if source.where is Where.SEAT:
        return str(SEATS[SeatType(str(source.said))])
    if source.where is Where.PLAN:
        return _("Does not have it") if source.decided else _("Has it")
    return of_value(source.said)


def path_of(*, is_direct: bool, groups: Sequence[str]) -> str:
    """How a member comes to a role: directly, through groups, or both."""
    ways = [_("given directly")] if is_direct else []
    if groups:
        names = ", ".join(f"“{name}”" for name in groups)
        words = ngettext("through the group %s", "through the groups %s", len(groups))
        ways.append(words % names)
    return _(" and ").join(ways)


def role_with_path(*, name: str, is_direct: bool, groups: Sequence[str]) -> str:
    """A role of a member, with how they come to it."""
    path = path_of(is_direct=is_direct, groups=groups)
    return _("the role “%(name)s” (%(path)s)") % {"name": name, "path": path}


def origin(deciding: Iterable[Source]) -> str:
    """Who set what decided."""
    found = list(deciding)
    roles = [one for one in found if one.where is Where.ROLE and one.said is not None]
    parts = [
        role_with_path(name=one.name, is_direct=one.is_direct, groups=one.groups)
        for one in roles
    ]
    if any(one.where is Where.BASELINE for one in found):
        parts.append(_("the workspace"))
    return _("Set by %s.") % _(" and ").join(parts)


_CLOSED = (Where.PLAN, Where.STATUS, Where.SEAT)
_STATUS = {
    MembershipStatus.SUSPENDED: _lazy("This member is suspended and may use nothing."),
    MembershipStatus.REMOVED: _lazy("This person is no member any more."),
}


def _closed(feature: Feature, source: Source) -> str:
    said = str(source.said)
    words = {"feature": LABELS[feature]}
    if source.where is Where.STATUS:
        return str(_STATUS[MembershipStatus(said)])
    if source.where is Where.SEAT:
        seat = {**words, "seat": SEATS[SeatType(said)]}
        return _("“%(feature)s” is not part of this seat (%(seat)s).") % seat
    plan = {**words, "plan": PLANS[Plan(said)]}
    return _("“%(feature)s” is not part of the %(plan)s plan.") % plan


def _found(feature: Feature, value: Value) -> str:
    words = {"feature": LABELS[feature], "value": of_value(value)}
    if kind_of(feature) is Kind.SWITCH:
        return _("“%(feature)s” is on.") % words
    if kind_of(feature) is Kind.LEVEL:
        return _("“%(feature)s” goes up to “%(value)s”.") % words
    return _("“%(feature)s” are: %(value)s.") % words


def _lacking(feature: Feature, value: Value, wanted: str) -> str:
    words = {
        "feature": LABELS[feature],
        "value": of_value(value),
        "wanted": WORDS.get(wanted, wanted),
    }
    if kind_of(feature) is Kind.SWITCH or not wanted:
        return _("“%(feature)s” is off.") % words
    if kind_of(feature) is Kind.LEVEL:
        return _("“%(feature)s” goes up to “%(value)s”, not to “%(wanted)s”.") % words
    return _("“%(wanted)s” is not among “%(feature)s”: %(value)s.") % words
