"""Turns a draft and its steps into the words of its page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from kit import content_kinds
from kit.formatting import absolute, grouped, relative
from retention.policies import wording
from retention.policies.drafts import snapshots
from retention.policies.drafts.models import (
    DraftState,
    DraftStep,
    PolicyDraft,
    StepKind,
)
from retention.policies.previews import newly_due
from retention.policies.rules import Bounds
from retention.policies.selectors import Standing
from workspaces.groups.rules import KEPT_DAYS

_STATUS = {
    DraftState.DRAFT: ("off", _lazy("Draft"), "file-text"),
    DraftState.AWAITING: ("warn", _lazy("Waits for approval"), ""),
    DraftState.SCHEDULED: ("wait", _lazy("Scheduled"), ""),
    DraftState.IN_FORCE: ("ok", _lazy("In force"), ""),
    DraftState.CANCELLED: ("off", _lazy("Cancelled"), ""),
}
_ACTS = {
    StepKind.DRAFTED: _lazy("%s wrote the draft"),
    StepKind.CHANGED: _lazy("%s changed the draft; earlier approvals count no more"),
    StepKind.SENT: _lazy("%s asked another person to approve"),
    StepKind.APPROVED: _lazy("%s approved"),
    StepKind.DECLINED: _lazy("%s declined"),
    StepKind.SCHEDULED: _lazy("%s scheduled it"),
    StepKind.RETURNED: _lazy("%s sent it back"),
    StepKind.CANCELLED: _lazy("%s cancelled it"),
    StepKind.IN_FORCE: _lazy("%s put it in force"),
}
_TONES = {
    StepKind.APPROVED: "ok",
    StepKind.IN_FORCE: "ok",
    StepKind.DECLINED: "bad",
    StepKind.RETURNED: "warn",
}
_ICONS = {
    StepKind.DRAFTED: "file-text",
    StepKind.CHANGED: "pencil",
    StepKind.SENT: "send",
    StepKind.APPROVED: "circle-check",
    StepKind.DECLINED: "alert-octagon",
    StepKind.SCHEDULED: "clock",
    StepKind.RETURNED: "alert-triangle",
    StepKind.CANCELLED: "circle-minus",
    StepKind.IN_FORCE: "circle-check",
}


def title(draft: PolicyDraft) -> str:
    """What the draft proposes, in a few words."""
    kind = content_kinds.governed_named(draft.content_kind).labels
    if draft.bounds is not None:
        return _("Bounds for %(kind)s: %(bounds)s") % {
            "kind": kind,
            "bounds": wording.bounds(draft.bounds),
        }
    if draft.is_withdrawal:
        return _("Take an exception for %s away") % kind
    return _("Keep %(kind)s %(days)s") % {
        "kind": kind,
        "days": wording.kept_for(draft.days),
    }


def status(draft: PolicyDraft) -> dict[str, Any]:
    """Where it stands, as a status."""
    kind, word, icon = _STATUS[DraftState(draft.state)]
    return {"kind": kind, "word": word, "icon": icon}


def sentence(draft: PolicyDraft, *, now: datetime) -> str:
    """What happens next, and until when it can be taken back."""
    if draft.state == DraftState.AWAITING:
        return _("Nothing changes until another person who may set policies approves.")
    if draft.state == DraftState.SCHEDULED and draft.due_at:
        return _("It takes force %(when)s, %(in)s. Until then it can be cancelled.") % {
            "when": absolute(draft.due_at),
            "in": relative(draft.due_at, now=now),
        }
    if draft.state == DraftState.IN_FORCE and draft.ended_at:
        since = _("Version %(version)s of the policy since %(when)s.")
        if draft.is_bounds:
            since = _("Version %(version)s of the bounds since %(when)s.")
        return since % {"version": draft.version, "when": absolute(draft.ended_at)}
    if draft.state == DraftState.CANCELLED:
        return _("It never took force, and nothing was purged because of it.")
    return _("Nothing changes until it is sent.")


def stages(draft: PolicyDraft, *, is_asked: bool) -> list[dict[str, Any]]:
    """The way of a draft, with where it is."""
    names = [_("Draft"), _("Preview")]
    names += [_("Approval")] if is_asked else []
    names += [_("Grace"), _("In force")]
    place = {
        DraftState.DRAFT: 1,
        DraftState.AWAITING: 2,
        DraftState.SCHEDULED: len(names) - 2,
        DraftState.IN_FORCE: len(names),
        DraftState.CANCELLED: 0,
    }[DraftState(draft.state)]
    return [
        {
            "label": name,
            "state": "done" if at < place else "current" if at == place else "todo",
            "facts": [],
        }
        for at, name in enumerate(names)
    ]


def changes(draft: PolicyDraft, standing: Standing) -> list[dict[str, Any]]:
    """The fields in which it differs from the policy in force."""
    pairs = [
        (_("Keeps"), wording.kept_for(standing.days), _keeps(draft)),
        (
            _("Can come back for"),
            wording.days_of(standing.undo_days),
            wording.days_of(draft.undo_days),
        ),
    ]
    return _differences(pairs)


def bounds_changes(before: Bounds, after: Bounds) -> list[dict[str, Any]]:
    """The sides on which other bounds differ."""
    return _differences(
        [
            (
                _("Floor"),
                wording.bound(before.floor_days),
                wording.bound(after.floor_days),
            ),
            (
                _("Ceiling"),
                wording.bound(before.ceiling_days),
                wording.bound(after.ceiling_days),
            ),
        ]
    )


def _differences(pairs: Sequence[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [
        {"field": field, "before": before, "after": after}
        for field, before, after in pairs
        if before != after
    ]


def _keeps(draft: PolicyDraft) -> str:
    if draft.is_withdrawal:
        return _("taken away")
    return wording.kept_for(draft.days)


def timeline(
    steps: Sequence[DraftStep], *, people: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Who did what with it, oldest first."""
    return [
        {
            "title": str(_ACTS[StepKind(step.kind)]) % people.get(step.by, "Custos"),
            "at": step.at,
            "reason": step.reason,
            "tone": _TONES.get(StepKind(step.kind), ""),
            "icon": _ICONS[StepKind(step.kind)],
        }
        for step in steps
    ]


def agreed(draft: PolicyDraft) -> list[dict[str, Any]]:
    """The numbers that an approval is bound to."""
    newly = newly_due(snapshots.weeks(draft.preview))
    at_stake = snapshots.at_stake(draft.preview)
    return [
        {
            "name": _("Purged by the first sweep"),
            "value": grouped(draft.preview["conversations"]),
        },
        {
            "name": _("Newly due within 12 weeks"),
            "value": grouped(newly),
        },
        *([_with_former(at_stake)] if at_stake > newly else []),
        {"name": _("Kept by holds"), "value": grouped(draft.preview["held"])},
        {"name": _("Counted"), "value": absolute(draft.previewed_at)},
    ]


def _with_former(at_stake: int) -> dict[str, Any]:
    return {
        "name": _("The same with who left a group in the last %s days") % KEPT_DAYS,
        "value": grouped(at_stake),
    }


def row(
    draft: PolicyDraft, *, scope: str, people: Mapping[str, str], url: str
) -> dict[str, Any]:
    """One draft in a list; `scope` says for whom it is."""
    return {
        "url": url,
        "title": title(draft),
        "scope": scope,
        "status": status(draft),
        "author": people.get(draft.author, "Custos"),
        "drafted_at": draft.drafted_at,
        "due_at": draft.due_at,
    }
