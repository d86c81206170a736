"""Gives the demo GPTs at every level, one of them in review, as members would."""

import json
from dataclasses import dataclass
from datetime import datetime

from kit import scoping
from kit.actor import Actor
from workspaces.gpts import services
from workspaces.gpts.drafts import Draft, Tool
from workspaces.gpts.models import Gpt
from workspaces.gpts.rules import Rights
from workspaces.members import acting
from workspaces.members.models import Membership, User
from workspaces.tenancy.selectors import WorkspaceRef, accesses_of

_SCHEMA = json.dumps(
    {
        "openapi": "3.1.0",
        "servers": [{"url": "https://incidents.halden.example/v1"}],
        "paths": {"/open": {"get": {"operationId": "openIncidents"}}},
    }
)


@dataclass(frozen=True, kw_only=True)
class _Seed:
    """One GPT of the demo: whose, what, and how far it is shared."""

    owner: str
    draft: Draft
    level: str = ""
    group: str = ""
    rights: str = "read"


_GPTS = (
    _Seed(
        owner="elena.marsh",
        level="workspace",
        draft=Draft(
            name="Meeting notes",
            description="Turns what was said into decisions, owners and dates.",
            instructions="List decisions first, then who does what by when.",
            starters=("Summarize this meeting", "What is still open?"),
        ),
    ),
    _Seed(
        owner="priya.raman",
        level="workspace_with_link",
        draft=Draft(
            name="Unit converter",
            description="Converts units of data sheets, with the rounding said.",
            instructions="Always name the source unit and the number of digits.",
            tools=frozenset({Tool.CODE_EXECUTION}),
        ),
    ),
    _Seed(
        owner="viktor.hale",
        group="Research",
        rights="view_config",
        draft=Draft(
            name="Incident triage",
            description="Sorts open incidents by what they stop.",
            instructions="Ask which instrument is affected before anything else.",
            schemas=(_SCHEMA,),
            connectors=("github",),
        ),
    ),
    _Seed(
        owner="jun.takahashi",
        level="anyone_with_link",
        draft=Draft(
            name="Datasheet finder",
            description="Finds the data sheet of an instrument by its symptoms.",
            instructions="Answer with the number of the sheet, never with prices.",
            starters=("Which sheet is about drift?",),
            tools=frozenset({Tool.WEB_SEARCH, Tool.FILE_SEARCH}),
        ),
    ),
    _Seed(
        owner="jun.takahashi",
        draft=Draft(name="Lab diary", instructions="Keep my entries short."),
    ),
)


def seed(*, workspace: WorkspaceRef, at: datetime) -> None:
    """Makes them once; what a visitor has changed since stays as it is."""
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        if Gpt.objects.exists():
            return
        _rules(workspace, at)
        for one in _GPTS:
            _make(workspace, one, at)


def _rules(workspace: WorkspaceRef, at: datetime) -> None:
    owner = _actor(workspace, "mara.lindqvist")
    services.set_public(actor=owner, workspace=workspace, allows=True, at=at)
    services.allow_domain(
        actor=owner, workspace=workspace, domain="halden.example", at=at
    )
    services.approve_third_party(
        actor=owner,
        workspace=workspace,
        external_id="g-2DQzU5UZl",
        name="Grammar coach",
        at=at,
    )


def _make(workspace: WorkspaceRef, one: _Seed, at: datetime) -> None:
    owner = _actor(workspace, one.owner)
    made = services.create(actor=owner, workspace=workspace, draft=one.draft, at=at)
    if one.level:
        services.set_visibility(
            actor=owner,
            workspace=workspace,
            gpt=made.public_id,
            level=one.level,
            at=at,
        )
    if one.group:
        services.give(
            actor=owner,
            workspace=workspace,
            gpt=made.public_id,
            rights=Rights.named(one.rights),
            group_name=one.group,
            at=at,
        )


def _actor(workspace: WorkspaceRef, name: str) -> Actor:
    """A member of the demo, as the middleware would resolve them."""
    member = Membership.objects.get(email__startswith=f"{name}@")
    user = User.objects.get(pk=member.user_id)
    mine = accesses_of(user_id=user.pk)
    access = next(one for one in mine if one.workspace.id == workspace.id)
    return acting.in_workspace(user=user, access=access)
