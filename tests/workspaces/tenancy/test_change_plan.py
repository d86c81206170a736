"""Moving a workspace to another plan."""

from pathlib import Path

import pytest

from kit.permissions import Permission, PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.content.services import ImportOptions, import_conversations
from workspaces.tenancy import selectors, services
from workspaces.tenancy.services import (
    ContentKeepsItsPlan,
    PlanIsTheSame,
    UnknownPlan,
)

pytestmark = pytest.mark.django_db


def test_what_roles_may_follows_the_plan_at_once() -> None:
    where = cast.workspace()
    officer = cast.officer(where)
    assert officer.actor.may(Permission.CONVERSATIONS_VIEW_METADATA)

    services.change_plan(actor=OPERATOR, workspace=where, plan="team", at=NOON)

    denied = officer.actor.may(Permission.CONVERSATIONS_VIEW_METADATA)
    assert not denied
    assert "not part of the Team plan: there each member decides" in denied.reason


def test_it_is_refused_where_nothing_would_change() -> None:
    where = cast.workspace()

    with pytest.raises(PlanIsTheSame, match="on the Enterprise plan already"):
        services.change_plan(
            actor=OPERATOR, workspace=where, plan="enterprise", at=NOON
        )
    with pytest.raises(UnknownPlan):
        services.change_plan(actor=OPERATOR, workspace=where, plan="gold", at=NOON)


def test_only_the_operator_may() -> None:
    where = cast.workspace()

    with pytest.raises(PermissionDenied):
        services.change_plan(
            actor=cast.owner(where).actor, workspace=where, plan="team", at=NOON
        )
    assert selectors.workspace_by_slug(slug=where.slug).plan == "enterprise"


def test_it_is_refused_where_stored_conversations_follow_other_rules(
    tmp_path: Path,
) -> None:
    where = cast.workspace(plan="team")
    member = cast.owner(where)
    file = tmp_path / "one.jsonl"
    file.write_text('{"id": "a", "messages": [{"role": "user", "text": "hello"}]}')
    import_conversations(
        actor=OPERATOR,
        workspace=where,
        files=[file],
        at=NOON,
        options=ImportOptions(assign_owners=(member.user.email,)),
    )

    with pytest.raises(ContentKeepsItsPlan, match="this one keeps its promise"):
        services.change_plan(
            actor=OPERATOR, workspace=where, plan="enterprise", at=NOON
        )
    assert selectors.workspace_by_slug(slug=where.slug).plan == "team"


def test_a_plan_with_the_same_rules_takes_stored_conversations_along(
    tmp_path: Path,
) -> None:
    where = cast.workspace()
    file = tmp_path / "one.jsonl"
    file.write_text('{"id": "a", "messages": [{"role": "user", "text": "hello"}]}')
    import_conversations(
        actor=OPERATOR,
        workspace=where,
        files=[file],
        at=NOON,
        options=ImportOptions(assign_owners=(cast.owner(where).user.email,)),
    )

    services.change_plan(actor=OPERATOR, workspace=where, plan="edu", at=NOON)

    assert selectors.workspace_by_slug(slug=where.slug).plan == "edu"
