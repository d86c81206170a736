"""Turns metadata and the engine's reasons into rows and sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from kit.formatting import absolute, grouped, relative, size
from retention.conversations import reasons
from retention.conversations.reasons import Dates, WayOut, Why
from retention.conversations.selectors import Counts, State
from retention.policies import governing, naming, wording
from retention.policies.governing import Chains
from retention.policies.models import Policy
from workspaces.content.models import Conversation
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

STATE_LABELS = {
    State.LIVE: _lazy("Live"),
    State.DELETED: _lazy("Deleted"),
    State.EXPIRED: _lazy("Expired"),
}
STATE_TONES = {State.LIVE: "ok", State.DELETED: "wait", State.EXPIRED: "wait"}
_DELETED_BY = {
    "owner": _lazy("Its owner deleted it; it is hidden."),
    "compliance": _lazy("A program of the Compliance API deleted it; it is hidden."),
    "erasure": _lazy("A request to erase its owner's data hid it."),
    "closing": _lazy(
        "Its workspace closes, and it was deleted with that; it is hidden."
    ),
    "departure": _lazy("Its owner left, and it was deleted with that; it is hidden."),
    "person": _lazy("Somebody who may export matters deleted it."),
    "custos": _lazy("It ended before it was whole, and goes for that."),
}
_WAYS_OUT = {
    WayOut.RESTORE: _lazy("Its owner can restore it until its undo window ends."),
    WayOut.LENGTHEN_POLICY: _lazy("A longer policy keeps it, or brings it back."),
    WayOut.PLACE_HOLD: _lazy("A legal hold keeps it stored, also when it is hidden."),
    WayOut.RELEASE_HOLD: _lazy("Releasing every hold over it lets the rules decide."),
    WayOut.NEW_ACTIVITY: _lazy("A new message starts its time again."),
    WayOut.DELETE: _lazy("Whoever may export matters can delete it before."),
}


def rows(
    conversations: Sequence[Conversation],
    *,
    workspace: WorkspaceRef,
    owners: Mapping[int, Membership],
    at: datetime,
) -> list[dict[str, Any]]:
    """What the table shows of each; the dates come from the rules of the sweep."""
    chains = governing.chains(
        workspace_id=workspace.id, owner_ids={c.owner_id for c in conversations}, at=at
    )
    return [
        {
            "id": str(one.public_id),
            "short_id": str(one.public_id)[:8],
            "owner": owner_of(owners.get(one.owner_id)),
            "created_at": one.created_at,
            "last_activity_at": one.last_activity_at,
            "messages": grouped(one.message_count),
            "files": grouped(one.file_count),
            "size": size(one.byte_count),
            "is_held": getattr(one, "is_held", False),  # annotated by the selector
            "goes": _goes(one, workspace=workspace, chains=chains, at=at),
        }
        for one in conversations
    ]


def owner_of(member: Membership | None) -> dict[str, str]:
    """Name and address of an owner."""
    if member is None:
        return {"name": _("Unknown member"), "email": ""}
    return {
        "name": member.name or member.email.partition("@")[0],
        "email": member.email,
    }


def segments(counts: Counts, *, chosen: State, owner: str) -> list[dict[str, Any]]:
    """One segment a state, with its count."""
    numbers = {
        State.LIVE: counts.live,
        State.DELETED: counts.deleted,
        State.EXPIRED: counts.expired,
    }
    kept = f"&owner={owner}" if owner else ""
    return [
        {
            "label": f"{STATE_LABELS[state]} {grouped(number)}",
            "url": f"?state={state.value}{kept}",
            "chosen": state is chosen,
        }
        for state, number in numbers.items()
    ]


def facts(conversation: Conversation, owner: dict[str, str]) -> list[dict[str, Any]]:
    """Its metadata, line by line."""
    return [
        {"name": _("Owner"), "value": f"{owner['name']}, {owner['email']}"},
        {"name": _("Created"), "value": absolute(conversation.created_at)},
        {
            "name": _("Last activity"),
            "value": absolute(conversation.last_activity_at),
        },
        {"name": _("Messages"), "value": grouped(conversation.message_count)},
        {"name": _("Files"), "value": grouped(conversation.file_count)},
        {"name": _("Size"), "value": size(conversation.byte_count)},
        {
            "name": _("Temporary"),
            "value": _("yes, history was off")
            if conversation.is_temporary
            else _("no"),
        },
        {"name": _("Id"), "value": conversation.public_id, "is_mono": True},
    ]


def object_facts(
    row: Any, *, label: str, owner: dict[str, str] | None
) -> list[dict[str, Any]]:
    """What is known of an object of any kind, line by line; a part may know less."""
    created_at, bytes_n = (getattr(row, x, None) for x in ("created_at", "byte_count"))
    known = [
        (_("Kind"), label),
        (_("Owner"), owner and f"{owner['name']}, {owner['email']}"),
        (_("Created"), created_at and absolute(created_at)),
        (_("Size"), None if bytes_n is None else size(bytes_n)),
    ]
    return [
        *({"name": name, "value": value} for name, value in known if value),
        {"name": _("Id"), "value": row.public_id, "is_mono": True},
    ]


def answer(why: Why, *, now: datetime) -> dict[str, str]:
    """The sentence the page opens with: what will happen to it, and why."""
    if why.is_held and (why.is_due or why.state != State.LIVE):
        title = _("It stays stored because a legal hold covers it")
    elif why.is_due:
        title = _("The next sweep purges it")
    elif why.purge_at is None:
        title = _("It is kept until someone deletes it")
    elif why.is_held:
        title = _("A legal hold keeps it; without one it could be purged %s") % (
            relative(why.purge_at, now=now)
        )
    else:
        title = _("It may be purged %s") % relative(why.purge_at, now=now)
    return {"title": title, "text": _cause(why)}


def dates(why: Why, *, now: datetime) -> list[dict[str, Any]]:
    """Every date that the rules gave, in the order of time."""
    named = [
        (_("The policy hides it"), why.expires_at),
        (_("Its deletion can be undone until"), why.undo_ends_at),
        (_("A sweep may take it from"), why.purge_at),
    ]
    return [
        {"name": name, "value": f"{absolute(at)}, {relative(at, now=now)}"}
        for name, at in named
        if at is not None
    ]


def considered(why: Why, *, now: datetime) -> list[dict[str, Any]]:
    """The rules that were looked at, the one that decided marked."""
    labels = naming.labels({policy.scope for policy in why.considered})
    standing = _standing(why, now=now)
    return [
        {
            "scope": labels[policy.scope],
            "version": policy.version,
            "keeps": _("taken away")
            if policy.is_withdrawal
            else _keeps(why, policy.days),
            "in_force_at": policy.in_force_at,
            "is_winner": policy == why.winner,
            "is_pending": policy.in_force_at > now,
            "is_standing": policy in standing and not policy.is_withdrawal,
        }
        for policy in why.considered
    ]


def _standing(why: Why, *, now: datetime) -> list[Policy]:
    """Of each scope the version in force; versions come newest first."""
    found: dict[Any, Policy] = {}
    for policy in why.considered:
        if policy.in_force_at <= now:
            found.setdefault(policy.scope, policy)
    return list(found.values())


def bounds(why: Why) -> str:
    """The floor and ceiling that every policy is kept inside; empty without."""
    if why.bounds is None:
        return ""
    limits = [
        (_("at least %s"), why.bounds.floor_days),
        (_("at most %s"), why.bounds.ceiling_days),
    ]
    parts = [text % wording.days_of(days) for text, days in limits if days]
    if not parts:
        return ""
    return _("Floor and ceiling: every policy keeps %s.") % ", ".join(parts)


def keeps(days: int | None) -> str:
    """ "90 days after the last message", or that nothing expires."""
    if days is None:
        return _("for ever")
    return ngettext(
        "%(n)s day after the last message", "%(n)s days after the last message", days
    ) % {"n": grouped(days)}


def _keeps(why: Why, days: int | None) -> str:
    if days is None or why.ages_by_message:
        return keeps(days)
    return ngettext(
        "%(n)s day after it was created", "%(n)s days after it was created", days
    ) % {"n": grouped(days)}


def ways_out(why: Why) -> list[Any]:
    """What would change the outcome."""
    return [_WAYS_OUT[way] for way in why.ways_out]


def _cause(why: Why) -> str:
    if why.goes_with is not None:
        whole = replace(why, goes_with=None)
        return (
            _("It goes with its %(whole)s (%(id)s). Of that:")
            % {
                "whole": why.goes_with.label,
                "id": why.goes_with.public_id,
            }
            + f" {_cause(whole)}"
        )
    if why.state == State.DELETED:
        return str(_DELETED_BY.get(why.deleted_by, _DELETED_BY["owner"]))
    if why.winner is None:
        return _cause_without_policy(why)
    said = _("Version %(version)s of the policy decides: it keeps %(days)s.") % {
        "version": why.winner.version,
        "days": _keeps(why, why.winner.days),
    }
    if why.kept_days != why.winner.days:
        said += " " + _("Floor and ceiling make that %s.") % _keeps(why, why.kept_days)
    if why.state == State.EXPIRED:
        return _("The retention rule has hidden it.") + " " + said
    return said


def _cause_without_policy(why: Why) -> str:
    if why.kept_days is None:
        return _("No policy that counts for it is in force.")
    said = _("No policy is in force; the plan's own rule keeps %s.") % _keeps(
        why, why.kept_days
    )
    if why.state == State.EXPIRED:
        return _("The retention rule has hidden it.") + " " + said
    return said


def _goes(
    conversation: Conversation,
    *,
    workspace: WorkspaceRef,
    chains: Chains,
    at: datetime,
) -> dict[str, Any]:
    """When it expires while it is live, and when it is purged once it is hidden."""
    found: Dates = reasons.dates_of(
        workspace=workspace, conversation=conversation, chains=chains, at=at
    )
    is_live = getattr(conversation, "state", "") == State.LIVE
    moment = found.expires_at if is_live else found.purge_at
    if moment is None:
        return {"at": None, "word": _("Kept")}
    if moment <= at:
        return {"at": None, "word": _("Due now")}
    return {"at": moment, "word": ""}
