"""Puts the editor of one scope and kind together: standing, preview, history, list."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kit import clock, content_kinds
from kit.http import keyset
from kit.permissions import Permission
from retention.places import crumbs, link, query
from retention.policies import (
    breakdowns,
    naming,
    overviews,
    previews,
    selectors,
    showing,
    wording,
)
from retention.policies.drafts import selectors as drafts
from retention.policies.drafts import showing as drafting
from retention.policies.forms import PolicyForm
from retention.policies.models import WORKSPACE, Policy
from retention.policies.naming import Place
from retention.policies.rules import LONGEST_DAYS
from retention.policies.safeguards import selectors as safeguards
from retention.policies.selectors import Standing
from workspaces.members import selectors as members
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter

QUICK_DAYS = (30, 90, 180, 365)
_ORDER: keyset.Order = (("id", "desc"),)


def form(request: Any, where: Place, *, is_draft: bool) -> PolicyForm:
    """The fields with what is in force, or with the values of the address."""
    found = _standing(request, where)
    initial = {"days": found.days, "undo_days": found.undo_days}
    if not is_draft:
        return PolicyForm(initial=initial, kind=where.governed)
    asked = request.GET.dict()
    if asked.get("back", "").isdecimal():
        asked["reason"] = _("Back to version %s") % asked["back"]
    return PolicyForm(asked, kind=where.governed)


def confirmation_error(request: Any, where: Place, form: PolicyForm) -> str:
    """What is missing before values are sent; only what lets go asks for the name."""
    if not form.is_valid():
        return ""
    slug: str = request.workspace.slug
    is_typed = request.POST.get("typed_name", "").strip() == slug
    if not is_typed and _is_shorter(request, where, form, at=clock.now()):
        return _("Type %s exactly; nothing was changed.") % slug
    if not form.cleaned_data["reason"].strip():
        return _("Say why, in a few words; nothing was changed.")
    return ""


def context(
    request: Any, where: Place, form: PolicyForm, *, at: datetime
) -> dict[str, Any]:
    """Everything that the page shows."""
    setter = plans.of(request.workspace.plan).retention_setter
    found = {
        "crumbs": crumbs(request, _("Policies")),
        "form": form,
        "now": at,
        "members_decide": setter is RetentionSetter.MEMBER,
        "is_fixed": setter is RetentionSetter.FIXED,
        "can_manage": request.actor.may(Permission.POLICIES_MANAGE),
        "policy_url": link(request, "retention:policies"),
        "here_url": url(request, where),
        "set_url": link(request, "retention:policy-set"),
        "drafts_url": link(request, "retention:policy-drafts"),
        "safeguards_url": link(request, "retention:safeguards"),
        "bounds_url": link(request, "retention:policy-bounds"),
        "details_url": _details_url(request),
        "place": where.query,
        "under_way": _under_way(request, at=at),
    }
    found |= _standing_context(request, where, at=at)
    if setter is RetentionSetter.ADMINS:
        found |= _choices(request, where, form) | _exceptions(request)
        if form.is_bound and form.is_valid():
            found |= _preview(request, where, form, at=at)
    return found


def _details_url(request: Any) -> str:
    """Where the days of the audit log's details are; empty for who may not read it."""
    if not request.actor.may(Permission.AUDIT_VIEW):
        return ""
    return link(request, "audit:workspace-integrity")


def withdraws(request: Any, where: Place) -> bool:
    """Whether the exception is to be taken away; the default cannot be."""
    asked = request.POST if request.method == "POST" else request.GET
    return asked.get("withdraw") == "1" and where.scope != WORKSPACE


def url(request: Any, where: Place, **more: str) -> str:
    """The address of the editor of one scope and kind."""
    asked = query(**where.query, **more)
    return link(request, "retention:policies") + (asked if asked != "?" else "")


def _standing_context(request: Any, where: Place, *, at: datetime) -> dict[str, Any]:
    standing = _standing(request, where)
    workspace = request.workspace
    versions = selectors.versions_of(
        workspace=workspace, scope=where.scope, content_kind=where.content_kind
    )
    news = showing.in_force_just_now(standing, now=at)
    return {
        "standing": standing,
        "sentence": showing.standing_sentence(
            standing,
            kind=where.governed,
            now=at,
            is_exception=where.scope != WORKSPACE,
        ),
        "versions": _history(request, where, versions, standing),
        "protections": showing.protections(
            grace=selectors.grace_of(workspace=workspace),
            undo_days=wording.undo_days(where.governed, standing.undo_days),
        ),
        "news": news if request.actor.may(Permission.SWEEPS_VIEW) else "",
        "watch_url": link(request, "retention:sweep-after-policy"),
    }


def _choices(request: Any, where: Place, form: PolicyForm) -> dict[str, Any]:
    """Which scope and kind is edited, the others, and the usual values."""
    kinds = [
        kind
        for kind in content_kinds.governed()
        if kind.project or where.query["scope"] != "project"
    ]
    undo = str(form["undo_days"].value())
    return {
        "scope_label": naming.labels([where.scope])[where.scope],
        "is_exception": where.scope != WORKSPACE,
        "withdraw_url": _withdraw_url(request, where),
        "kind_label": where.governed.labels,
        "kinds": [
            {
                "label": kind.labels,
                "url": url(request, replace(where, content_kind=kind.name)),
                "chosen": kind.name == where.content_kind,
            }
            for kind in kinds
        ],
        "quick": [
            {
                "label": str(days),
                "url": url(request, where, days=str(days), undo_days=undo),
                "chosen": str(days) == str(form["days"].value()),
            }
            for days in QUICK_DAYS
            if days <= (where.governed.longest_days or LONGEST_DAYS)
        ],
    }


def _withdraw_url(request: Any, where: Place) -> str:
    """The preview of taking an exception away; empty where there is none."""
    standing = _standing(request, where)
    if where.scope == WORKSPACE or not standing.version:
        return ""
    undo = str(standing.undo_days)
    return url(request, where, undo_days=undo, withdraw="1")


def _exceptions(request: Any) -> dict[str, Any]:
    """The table of policies by scope, one page of its exceptions."""
    page = keyset.page(
        overviews.exceptions(), order=_ORDER, after=request.GET.get("after"), size=50
    )
    rows = [*overviews.defaults(), *page.rows]
    scopes = {row.scope for row in rows}
    labels, ids = naming.labels(scopes), naming.public_ids(scopes)
    return {
        "exceptions": [
            {
                "label": labels[row.scope],
                "kind": content_kinds.governed_named(row.content_kind).labels,
                "keeps": wording.kept_for(row.days),
                "in_force_at": row.in_force_at,
                "url": _url_of(request, row, ids.get(row.scope)),
            }
            for row in rows
        ],
        "next_url": page.next and query(after=page.next),
        "previous_url": page.previous and query(after=page.previous),
    }


def _url_of(request: Any, row: Policy, of: str | None) -> str:
    """The editor of a row; empty where what it names is no longer here."""
    if of is None:
        return ""
    return url(request, Place(scope=row.scope, of=of, content_kind=row.content_kind))


def _preview(
    request: Any, where: Place, form: PolicyForm, *, at: datetime
) -> dict[str, Any]:
    days, undo_days = form.cleaned_data["days"], form.cleaned_data["undo_days"]
    kind = where.governed
    effective = wording.undo_days(kind, undo_days)
    standing, is_withdrawal = _standing(request, where), withdraws(request, where)
    found = previews.preview(
        workspace=request.workspace,
        scope=where.scope,
        content_kind=where.content_kind,
        days=days,
        undo_days=undo_days,
        is_withdrawal=is_withdrawal,
        at=at,
    )
    newest = selectors.newest_version(
        workspace=request.workspace, scope=where.scope, content_kind=where.content_kind
    )
    said = (standing.days, standing.undo_days)
    return {
        "preview": found,
        "number": newest + 1,
        "figures": showing.figures(
            found, compared_with=showing.compared_with(standing, where.scope)
        ),
        "chart": showing.weeks_chart(
            found, kind=kind, number=newest + 1, today=standing.version
        ),
        "breakdowns": breakdowns.breakdowns(found),
        "dates": breakdowns.dates(found),
        "when": showing.when_bar(found, undo_days=effective, at=at),
        "consequence": showing.consequence(
            found, kind=kind, undo_days=effective, now=at
        ),
        "losses": wording.losses(kind),
        "changes": is_withdrawal
        or (days, undo_days) != said
        or (where.scope != WORKSPACE and not standing.version),
        "is_shorter": _is_shorter(request, where, form, at=at),
        "is_asked": safeguards.asks_second_person(
            workspace=request.workspace,
            content_kind=where.content_kind,
            newly_due=found.at_stake,
        ),
        "question": _question(newest + 1, days, is_withdrawal=is_withdrawal),
        "keep_label": _("Keep the policy in force"),
        "hidden": [
            *where.query.items(),
            ("days", "" if days is None else str(days)),
            ("undo_days", str(undo_days)),
            *([("withdraw", "1")] if is_withdrawal else []),
        ],
    }


def _question(number: int, days: int | None, *, is_withdrawal: bool) -> str:
    if is_withdrawal:
        return _("Apply version %s: take the exception away?") % number
    return _("Apply version %(number)s: keep %(days)s?") % {
        "number": number,
        "days": wording.kept_for(days),
    }


def _is_shorter(request: Any, where: Place, form: PolicyForm, *, at: datetime) -> bool:
    return selectors.lets_go_earlier(
        workspace=request.workspace,
        scope=where.scope,
        content_kind=where.content_kind,
        days=form.cleaned_data["days"],
        undo_days=form.cleaned_data["undo_days"],
        is_withdrawal=withdraws(request, where),
        at=at,
    )


def _under_way(request: Any, *, at: datetime) -> list[dict[str, Any]]:
    """Drafts that wait for a person or for their time."""
    rows = list(drafts.under_way())
    labels = naming.labels({draft.scope for draft in rows})
    return [
        {
            "title": drafting.title(draft)
            if draft.is_bounds
            else f"{drafting.title(draft)} ({labels[draft.scope]})",
            "fact": drafting.sentence(draft, now=at),
            "url": link(request, "retention:policy-draft", draft=draft.public_id),
        }
        for draft in rows
    ]


def _history(
    request: Any, where: Place, versions: list[Policy], standing: Standing
) -> list[dict[str, Any]]:
    """The versions, newest first, each with what it changed and the way back to it."""
    people = members.names_of(people=[version.set_by for version in versions])
    earlier: list[Policy | None] = [*versions, None]
    return [
        {
            "version": version.version,
            "days": showing.keeps(version),
            "changes": showing.differences(version, before),
            "in_force_at": version.in_force_at,
            "set_by": people.get(version.set_by, _("the operator")),
            "is_standing": version.version == standing.version,
            "back_url": _back_url(request, where, version, standing),
        }
        for version, before in zip(versions, earlier[1:], strict=True)
    ]


def _back_url(request: Any, where: Place, version: Policy, standing: Standing) -> str:
    """The preview of going back to a version; empty where it says the same."""
    said = (version.days, version.undo_days)
    if version.is_withdrawal or said == (standing.days, standing.undo_days):
        return ""
    days = "" if version.days is None else str(version.days)
    asked = query(**where.query, days=days, undo_days=str(version.undo_days))
    return link(request, "retention:policies") + asked + f"&back={version.version}"


def _standing(request: Any, where: Place) -> Standing:
    return selectors.standing(
        workspace=request.workspace,
        scope=where.scope,
        content_kind=where.content_kind,
        at=clock.now(),
    )
