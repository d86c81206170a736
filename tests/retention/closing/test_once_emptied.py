"""What owners and officers, who still enter, cannot do once a workspace is emptied."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections

from kit import scoping
from kit.refusals import WorkspaceIsClosing
from retention.closing import services
from retention.closing.models import ClosingState
from retention.closing.services import working
from retention.deletions import services as deletions
from retention.deletions.services.conversations import DeletedForGood
from tests import cast
from tests.retention import simple
from tests.retention.closing.test_close import NOON, OVER, ask, now, org_owner
from tests.retention.conftest import Stage
from workspaces.invitations import services as inviting
from workspaces.joining import selectors as joining
from workspaces.keys.services import api_keys, scim_tokens
from workspaces.tenancy.models import Workspace


def _emptied(stage: Stage) -> Any:
    kept = stage.conversation(stage.owner, age=1)
    ask(stage)
    services.work_due(at=OVER)
    assert now(stage).state == ClosingState.EMPTYING
    return kept


def test_no_way_in_is_made_while_it_is_emptied(stage: Stage) -> None:
    _emptied(stage)
    about: dict[str, Any] = {
        "actor": stage.owner.actor,
        "workspace": stage.workspace,
        "at": OVER,
    }

    ways = (
        lambda: api_keys.issue(
            organization=stage.workspace.organization,
            name="Later",
            scopes=["all"],
            **about,
        ),
        lambda: scim_tokens.issue(**about),
        lambda: inviting.invite(email="sol@halden.example", role="member", **about),
        lambda: cast.person(stage.workspace, "sol@halden.example"),
    )
    for way in ways:
        with pytest.raises(WorkspaceIsClosing):
            way()


def test_nobody_asks_to_join_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining.signin, "has_proven", lambda **_: True)
    organization = stage.workspace.organization.id
    with scoping.organization(organization_id=organization):
        Workspace.objects.update(takes_join_requests=True)
        before = joining.doors(user=stage.member.user, organization_id=organization)
    _emptied(stage)

    with scoping.organization(organization_id=organization):
        after = joining.doors(user=stage.member.user, organization_id=organization)

    assert (len(before), after) == (1, [])


def test_what_it_hides_does_not_come_back(stage: Stage) -> None:
    early = stage.conversation(stage.owner, age=1)
    memory = simple.memory(stage, stage.owner)
    deletions.mark_deleted(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        conversations=[early],
        at=OVER - timedelta(days=1),
    )
    hidden = _emptied(stage)

    for one in (early, hidden):
        with pytest.raises(DeletedForGood):
            deletions.restore(
                actor=stage.owner.actor,
                workspace=stage.workspace,
                conversation=one,
                at=OVER + timedelta(hours=1),
            )
    with pytest.raises(DeletedForGood):
        deletions.restore_object(
            actor=stage.owner.actor,
            workspace=stage.workspace,
            kind="memories",
            public_id=memory.public_id,
            at=OVER + timedelta(hours=1),
        )


def test_one_that_fails_does_not_stop_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = cast.workspace(stage.workspace.organization, slug="halden-atelier")
    ask(stage)
    services.request(actor=org_owner(stage), workspace=second, reason="Moved", at=NOON)
    original = working._begin

    def failing(row: Any, workspace: Any, **names: Any) -> bool:
        if workspace.id == stage.workspace.id:
            raise DatabaseError("deadlock")
        return original(row, workspace, **names)

    monkeypatch.setattr(working, "_begin", failing)
    services.work_due(at=OVER)

    states = dict(_states())
    assert states[stage.workspace.id] == "closing"
    assert states[second.id] == "closed"


def _states() -> list[tuple[int, str]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("select id, state from workspaces_workspace")
        return list(cursor.fetchall())
