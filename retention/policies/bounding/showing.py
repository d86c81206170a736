"""Puts the page of floor and ceiling together: what counts, what others would do."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kit import content_kinds
from retention.policies import (
    breakdowns,
    previews,
    selectors,
    showing,
    wording,
)
from retention.policies.rules import Bounds, lowers
from retention.policies.safeguards import selectors as safeguards
from workspaces.tenancy.selectors import WorkspaceRef


def preview(
    wanted: Bounds, *, workspace: WorkspaceRef, content_kind: str, at: datetime
) -> dict[str, Any]:
    """What these bounds would do, and what applying them asks for."""
    planned = selectors.bounds_hypothesis(
        workspace=workspace,
        content_kind=content_kind,
        wanted=wanted,
        grace=selectors.grace_of(workspace=workspace),
        at=at,
    )
    found = previews.preview_of(planned, workspace=workspace, at=at)
    kind, number = content_kinds.governed_named(content_kind), planned.version.number
    undo_days = wording.undo_days(kind, planned.version.undo_days)
    before = selectors.bounds(content_kind=content_kind)
    return {
        "preview": found,
        "number": number,
        "figures": showing.figures(
            found, compared_with=_("compared with the bounds of today")
        ),
        "chart": showing.weeks_chart(found, kind=kind, number=number, today=0),
        "breakdowns": breakdowns.breakdowns(found),
        "dates": breakdowns.dates(found),
        "when": showing.when_bar(found, undo_days=undo_days, at=at),
        "consequence": showing.consequence(
            found, kind=kind, undo_days=undo_days, now=at
        ),
        "losses": wording.losses(kind),
        "changes": wanted != before,
        "is_shorter": lowers(before, wanted),
        "is_asked": safeguards.asks_second_person(
            workspace=workspace,
            content_kind=content_kind,
            newly_due=found.at_stake,
        ),
        "question": _("Apply version %(number)s: %(bounds)s?")
        % {"number": number, "bounds": wording.bounds(wanted)},
        "keep_label": _("Leave floor and ceiling as they are"),
        "hidden": [
            ("kind", content_kind),
            ("floor_days", _text(wanted.floor_days)),
            ("ceiling_days", _text(wanted.ceiling_days)),
        ],
    }


def facts(found: Bounds) -> list[dict[str, str]]:
    """The floor and ceiling that count."""
    return [
        {"name": _("Floor"), "value": wording.bound(found.floor_days)},
        {"name": _("Ceiling"), "value": wording.bound(found.ceiling_days)},
    ]


def _text(days: int | None) -> str:
    return "" if days is None else str(days)
