"""Turns what a closing takes along, and how far it is, into rows and sentences."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kit.charts.phases import Phase, PhaseFill, WhenBar
from kit.formatting import absolute, grouped, relative, size
from retention.closing.models import Closing, ClosingState
from retention.closing.selectors import Ends, Stored
from retention.holds.forms import kind_labels

PROMISED = timedelta(days=30)
_STATES = {
    ClosingState.GRACE: ("wait", gettext_lazy("Closes after the grace")),
    ClosingState.EMPTYING: ("run", gettext_lazy("Being emptied")),
    ClosingState.DESTROYING: ("run", gettext_lazy("Key is being destroyed")),
    ClosingState.CLOSED: ("ok", gettext_lazy("Closed")),
    ClosingState.UNDONE: ("off", gettext_lazy("Kept")),
}
_WAITS_IN = (ClosingState.GRACE, ClosingState.EMPTYING)


def status(closing: Closing, *, matters: int) -> dict[str, str]:
    """The status rectangle of a closing."""
    state = ClosingState(closing.state)
    if matters and state in _WAITS_IN:
        words = ngettext("Waits for %(n)s matter", "Waits for %(n)s matters", matters)
        return {"kind": "held", "word": words % {"n": grouped(matters)}}
    kind, word = _STATES[state]
    return {"kind": kind, "word": str(word)}


def sentence(closing: Closing, *, matters: int, left: Sequence[object]) -> str:
    """What happens with it now; `left` is what people stored and is there still."""
    state = ClosingState(closing.state)
    if matters and state in _WAITS_IN:
        return _(
            "Legal holds protect something here: no step is taken before they are"
            " released and their grace is over. It then goes on by itself."
        )
    if state == ClosingState.EMPTYING and not left:
        return _(
            "Nothing that people stored is left. Keys, files and what Custos planted to"
            " test its sweeps go with the next ones; then the workspace closes."
        )
    words = {
        ClosingState.GRACE: _(
            "Until %s an owner can keep the workspace. People read in it; nothing new"
            " is stored."
        )
        % absolute(closing.closes_at),
        ClosingState.EMPTYING: _(
            "What is stored is hidden, and sweeps purge it with its keys and files once"
            " the undo window is over. Only owners and compliance officers enter."
        ),
        ClosingState.DESTROYING: _(
            "Nothing is stored any more. The key of the workspace is being destroyed."
        ),
        ClosingState.CLOSED: _(
            "Nothing is stored any more and the key is destroyed. The audit log stays."
        ),
        ClosingState.UNDONE: _("An owner kept the workspace."),
    }
    return words[state]


def facts(
    closing: Closing, *, by: str, reason: str, key_at: datetime | None, now: datetime
) -> list[dict[str, Any]]:
    """Who asked, when, why, and the dates of the steps."""
    moments = [
        (_("Asked"), closing.requested_at),
        (_("Grace ends"), closing.closes_at),
        (_("Emptying began"), closing.began_at),
        (_("Nothing stored since"), closing.emptied_at),
        (_("Key destroyed"), key_at),
        (_("Closed"), closing.ended_at),
    ]
    dated = [
        {
            "name": name,
            "value": _("%(when)s, %(ago)s")
            % {"when": absolute(at), "ago": relative(at, now=now)},
        }
        for name, at in moments
        if at is not None
    ]
    return [
        *dated,
        {"name": _("By"), "value": by},
        {"name": _("Reason"), "value": reason},
        {"name": _("Id"), "value": closing.public_id, "is_mono": True},
    ]


def counted(closing: Closing) -> list[dict[str, Any]]:
    """What was stored when the closing was asked for."""
    labels = kind_labels()
    return [
        {"kind": labels.get(kind, kind), "stored": number, "held": 0, "bytes": size(n)}
        for kind, (number, n) in sorted(closing.counted.items())
    ]


def rows(found: Sequence[Stored]) -> list[dict[str, Any]]:
    """A row for each kind that has something: stored, held, size."""
    labels = kind_labels()
    return [
        {
            "kind": labels.get(one.kind, one.kind),
            "stored": one.number,
            "held": one.held,
            "bytes": size(one.bytes),
        }
        for one in found
        if one.number
    ]


def ends(found: Ends) -> list[dict[str, str]]:
    """What else ends, by name; what there is none of stays away."""
    named = {
        _("Members who lose access"): found.members,
        _("Connectors"): found.connectors,
        _("Accounts linked by members"): found.grants,
        _("API keys"): found.api_keys,
        _("SCIM tokens"): found.scim_tokens,
        _("Open invitations"): found.invitations,
        _("Jobs under way"): found.jobs,
        _("Audit streams"): found.streams,
        _("Exports of the audit log, kept until they expire"): found.exports,
    }
    return [
        {"name": name, "value": grouped(number)}
        for name, number in named.items()
        if number
    ]


def when_bar(*, at: datetime, undo_days: int) -> WhenBar:
    """What happens when, if it is asked for now."""
    over = at + timedelta(days=settings.CUSTOS_CLOSING_GRACE_DAYS)
    return WhenBar(
        title=_("What happens when"),
        phases=(
            Phase(
                name=_("Grace"),
                starts=absolute(at),
                remark=_("People read, nothing new is stored. An owner can keep it."),
                fill=PhaseFill.IDLE,
            ),
            Phase(
                name=_("Hidden"),
                starts=absolute(over),
                remark=_("Access, keys and grants end. Cannot be undone."),
                fill=PhaseFill.HATCHED,
                is_final=True,
            ),
            Phase(
                name=_("Purged"),
                starts=_("from %s") % absolute(over + timedelta(days=undo_days)),
                remark=_("Sweeps take it; the key of the workspace goes last."),
                fill=PhaseFill.SOLID,
                is_final=True,
            ),
        ),
        limit_label=absolute(over + PROMISED),
        limit_remark=_("30 days after the grace all is gone, unless held"),
    )


def in_the_way(found: Sequence[Stored], *, matters: int) -> str:
    """What holds keep, as a sentence; empty where there are none."""
    if not matters:
        return ""
    held = sum(one.held for one in found)
    return ngettext(
        "Objects on legal hold here: %(held)s, for %(n)s matter. The workspace can be"
        " closed after its release and the grace after it.",
        "Objects on legal hold here: %(held)s, for %(n)s matters. The workspace can be"
        " closed after their release and the grace after it.",
        matters,
    ) % {"n": grouped(matters), "held": grouped(held)}
