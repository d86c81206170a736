"""What the pages of rules show: domains of actions, GPTs from outside, ceilings."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from kit.refusals import Refused
from workspaces.access import selectors as access
from workspaces.access.features import Feature
from workspaces.gpts import hosts, selectors
from workspaces.gpts.forms import TryForm
from workspaces.gpts.levels import LABELS
from workspaces.gpts.models import ThirdPartyApproval
from workspaces.gpts.places import Places
from workspaces.gpts.selectors import Above
from workspaces.gpts.showing import person, status_of
from workspaces.members import selectors as members
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef


def domain_rows(where: Places) -> list[dict[str, Any]]:
    """The rules, in the spelling that people read where that differs."""
    return [
        {
            "rule": rule,
            "readable": hosts.readable(rule.domain),
            "remove_url": where.url("domain-remove", rule=rule.public_id),
        }
        for rule in selectors.domains()
    ]


def finding(trial: TryForm) -> dict[str, Any] | None:
    """What the rules say of the address that was tried."""
    if not trial.is_bound or not trial.is_valid():
        return None
    try:
        ruling = selectors.ruling_on(url=trial.cleaned_data["url"].strip())
    except Refused as refusal:
        return {"kind": "bad", "word": _("No address"), "text": str(refusal)}
    if ruling.is_allowed:
        text = _("%(host)s is allowed by the rule %(rule)s.")
        return {
            "kind": "ok",
            "word": _("Allowed"),
            "text": text % {"host": ruling.host, "rule": ruling.rule},
        }
    text = _("No rule covers %s: whatever is not on the list is denied.") % ruling.host
    return {"kind": "bad", "word": _("Denied"), "text": text}


def outside(where: Places, approvals: Sequence[ThirdPartyApproval]) -> dict[str, Any]:
    """What is allowed of GPTs from outside, and the approvals."""
    allowed = str(access.baseline(feature=Feature.GPTS_THIRD_PARTY))
    sentences = {
        "none": _("The workspace allows none; custom roles may allow more."),
        "approved": _("The workspace allows those that are approved here."),
        "all": _("The workspace allows all; approvals count where a role allows less."),
    }
    names = members.names_of(people=[one.approved_by for one in approvals])
    return {
        "allowed_text": sentences[allowed],
        "rows": [
            {
                "approval": one,
                "by": names.get(one.approved_by, ""),
                "withdraw_url": where.url("outside-withdraw", approval=one.public_id),
            }
            for one in approvals
        ],
    }


def above(where: Places, *, workspace: WorkspaceRef) -> dict[str, Any]:
    """The preview of the downgrade."""
    found = selectors.overview(workspace=workspace, size=100)
    gpts = [one.gpt for one in found.shown]
    named = selectors.named_among(gpts=gpts)
    names = selectors.summaries_of(numbers=named)
    owners = members.by_id(ids={gpt.owner_id for gpt in gpts})
    return {
        "total": found.total,
        "losing": found.losing_recipients,
        "rows": [
            _above(where, one, names.get(one.gpt.pk), owners.get(one.gpt.owner_id))
            for one in found.shown
        ],
        "downgrade_url": where.url("downgrade"),
        "list_url": where.url("governance"),
    }


def _above(
    where: Places, one: Above, name: Any, owner: Membership | None
) -> dict[str, Any]:
    after = str(LABELS[one.lowered.visibility])
    if one.lowered.loses_recipients:
        after = str(LABELS["none"])
    return {
        "name": name.name if name else "",
        "hint": str(one.gpt.public_id)[:8],
        "owner": person(owner),
        "now": status_of(one.gpt)[1],
        "ceiling": LABELS[one.ceiling],
        "after": after,
        "url": where.url("govern", gpt=one.gpt.public_id),
    }
