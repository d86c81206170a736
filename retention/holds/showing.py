"""Turns holds and what they cover into rows, facts and sentences."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.formatting import absolute, day, grouped, relative, size
from retention.holds.counting import Coverage, Share
from retention.holds.forms import kind_labels
from retention.holds.models import (
    DatesOf,
    HoldScope,
    ReleaseRequest,
    RequestState,
    ScopeKind,
)
from retention.holds.selectors import HoldView, ScopeView

NOTHING = "\u2013"
_ICONS = {
    ScopeKind.MEMBER: "user",
    ScopeKind.CONVERSATION: "messages",
    ScopeKind.PROJECT: "folder",
    ScopeKind.GPT: "sparkles",
}


def sentence(active: int) -> str:
    """How many holds are in force, and what a hold does."""
    if not active:
        return _("No hold is in force: the rules alone decide what is purged.")
    return ngettext(
        "%(n)s hold is in force. What it covers is never purged.",
        "%(n)s holds are in force. What they cover is never purged.",
        active,
    ) % {"n": grouped(active)}


def covers(view: HoldView) -> str:
    """ "2 members, 3 conversations"."""
    counts = {
        kind: sum(one.scope.kind == kind for one in _shown(view)) for kind in ScopeKind
    }
    words = {
        ScopeKind.MEMBER: lambda n: ngettext("%(n)s member", "%(n)s members", n),
        ScopeKind.CONVERSATION: lambda n: ngettext(
            "%(n)s conversation", "%(n)s conversations", n
        ),
        ScopeKind.PROJECT: lambda n: ngettext("%(n)s project", "%(n)s projects", n),
        ScopeKind.GPT: lambda n: ngettext("%(n)s GPT", "%(n)s GPTs", n),
    }
    parts = [words[kind](n) % {"n": grouped(n)} for kind, n in counts.items() if n]
    return ", ".join(parts) or _("only what is purged by now")


def _shown(view: HoldView) -> list[ScopeView]:
    """What still is there of what the hold names, or named when it was released."""
    return [
        one
        for one in view.scopes
        if (one.member or one.public_id)
        and (one.scope.released_at is None or view.hold.released_at is not None)
    ]


def conversations(number: int) -> str:
    """ "3 conversations"."""
    return ngettext("%(n)s conversation", "%(n)s conversations", number) % {
        "n": grouped(number)
    }


def people_of(view: HoldView, asked: Sequence[ReleaseRequest]) -> list[str]:
    """Everybody whom the page of a hold names."""
    mine = [view.hold.placed_by, view.hold.released_by]
    theirs = [person for one in asked for person in (one.requested_by, one.decided_by)]
    return [person for person in (*mine, *theirs) if person]


def history(
    view: HoldView,
    asked: Sequence[ReleaseRequest],
    *,
    people: Mapping[str, str],
    now: datetime,
) -> list[dict[str, Any]]:
    """Who placed and who released it, and how long it protects after that."""
    hold = view.hold
    facts: list[dict[str, Any]] = []
    if view.text.reference:
        facts.append({"name": _("Reference"), "value": view.text.reference})
    facts.append(
        _fact(_("Placed"), _moment(hold.placed_at, hold.placed_by, people, now))
    )
    if hold.released_at is not None:
        by = hold.released_by or ""
        facts.append(_fact(_("Released"), _moment(hold.released_at, by, people, now)))
        ends = [one.scope.release_grace_until for one in view.scopes]
        if known := [moment for moment in ends if moment is not None]:
            facts.append(_fact(_("Protects until"), absolute(max(known))))
    facts += [
        _fact(
            _DECIDED[RequestState(one.state)](),
            _moment(one.decided_at, one.decided_by or "", people, now),
        )
        for one in asked
        if one.decided_at is not None
    ]
    facts.append({"name": _("Id"), "value": hold.public_id, "is_mono": True})
    return facts


_DECIDED = {
    RequestState.CONFIRMED: lambda: _("Release confirmed"),
    RequestState.WITHDRAWN: lambda: _("Request withdrawn"),
}


def asked(one: ReleaseRequest, *, people: Mapping[str, str], now: datetime) -> str:
    """Who wants what to be released, since when."""
    what = _("Release of a part") if one.scope_id else _("Release of the hold")
    moment = _moment(one.requested_at, one.requested_by, people, now)
    return _("%(what)s, asked %(when)s") % {"what": what, "when": moment}


def figures(found: Coverage) -> list[dict[str, str]]:
    """The four numbers of what a hold covers."""
    others = sum(share.objects for share in found.shares) - found.conversations
    custodians = len({share.owner_id for share in found.shares})
    return [
        {"name": _("Conversations"), "number": grouped(found.conversations)},
        {"name": _("Other objects"), "number": grouped(others)},
        {
            "name": _("Stored"),
            "number": size(found.bytes),
            "fact": ngettext("of %(n)s member", "of %(n)s members", custodians)
            % {"n": grouped(custodians)},
        },
        {
            "name": _("Last active"),
            "number": day(found.last_at) if found.last_at else NOTHING,
            "fact": _("the first from %s") % day(found.first_at)
            if found.first_at
            else "",
        },
    ]


def table(
    found: Coverage, *, names: Mapping[int, str], custodians: Collection[int] = ()
) -> list[dict[str, Any]]:
    """A row for each custodian and kind; named ones without anything are there too."""
    labels = kind_labels()
    rows = [
        {
            "name": names.get(share.owner_id, NOTHING),
            "kind": labels[share.kind],
            "objects": share.objects,
            "deleted": _deleted(share),
            "bytes": share.bytes,
            "span": _span(share),
        }
        for share in found.shares
    ]
    empty = {*custodians} - {share.owner_id for share in found.shares}
    rows += [
        {
            "name": names.get(one, NOTHING),
            "kind": _("nothing yet"),
            "objects": 0,
            "deleted": "",
            "bytes": 0,
            "span": NOTHING,
        }
        for one in empty
    ]
    return sorted(rows, key=lambda row: (row["name"], row["kind"]))


def _deleted(share: Share) -> str:
    if not share.deleted:
        return ""
    return _("%s deleted by their owner") % grouped(share.deleted)


def _span(share: Share) -> str:
    if share.first_at is None or share.last_at is None:
        return NOTHING
    if share.first_at.date() == share.last_at.date():
        return day(share.first_at)
    return f"{day(share.first_at)} to {day(share.last_at)}"


def scope(view: ScopeView, *, is_asked: bool) -> dict[str, Any]:
    """One thing that a hold names: title, fact, icon and tone."""
    one = view.scope
    facts = [_what(view), *_narrowed(one)]
    if one.released_at is not None:
        until = one.release_grace_until
        facts.append(
            _("released; protects until %s") % absolute(until)
            if until
            else _("released")
        )
    elif is_asked:
        facts.append(_("its release waits for a second person"))
    return {
        "title": _title(view),
        "fact": ", ".join(str(fact) for fact in facts if fact),
        "icon_name": _ICONS[ScopeKind(one.kind)],
        "tone": "" if one.released_at else "held",
    }


def grace(days: int) -> str:
    """For how long what is released goes on being protected."""
    if not days:
        return _("After a release the next sweep purges what is due.")
    return ngettext(
        "After a release it is protected for %(n)s day more.",
        "After a release it is protected for %(n)s days more.",
        days,
    ) % {"n": grouped(days)}


def _title(view: ScopeView) -> str:
    if view.member is not None:
        return view.member.name or view.member.email.partition("@")[0]
    return str(view.public_id) if view.public_id else _("purged by now")


def _what(view: ScopeView) -> str:
    if view.member is not None:
        return view.member.email
    names = {
        ScopeKind.CONVERSATION: _("conversation"),
        ScopeKind.PROJECT: _("project"),
        ScopeKind.GPT: _("GPT"),
    }
    return str(names.get(ScopeKind(view.scope.kind), _("member")))


def _narrowed(one: HoldScope) -> list[str]:
    labels = kind_labels()
    parts = []
    if one.content_kinds:
        kinds = ", ".join(labels.get(kind, kind) for kind in one.content_kinds)
        parts.append(_("only %s") % kinds)
    if one.from_at:
        parts.append(_("from %s") % day(one.from_at))
    if one.until_at:
        parts.append(_("until %s") % day(one.until_at))
    if (one.from_at or one.until_at) and one.dates_of == DatesOf.CREATION:
        parts.append(_("by creation"))
    return parts


def _fact(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": value}


def _moment(at: datetime, person: str, people: Mapping[str, str], now: datetime) -> str:
    return _("%(when)s, %(ago)s, by %(who)s") % {
        "when": absolute(at),
        "ago": relative(at, now=now),
        "who": people.get(person, _("the operator")),
    }
