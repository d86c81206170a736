"""Moving a workspace to another plan."""

import pytest

from kit.permissions import Permission, PermissionDenied
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.tenancy import selectors, services
from workspaces.tenancy.services import PlanIsTheSame, UnknownPlan

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
