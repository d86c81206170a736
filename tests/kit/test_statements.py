"""A prepared statement keeps its plan, and shows each scope its own rows only."""

import pytest
from django.db import connection

from kit import scoping, statements
from tests import cast
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

_MEMBERS = "select count(*) from workspaces_membership where status = %(status)s"


def _count(where: WorkspaceRef) -> int:
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        (found,) = statements.row(_MEMBERS, {"status": "active"})
        return int(found)


def test_each_scope_sees_its_own_rows_through_one_plan() -> None:
    here, there = cast.workspace(), cast.elsewhere()
    for number in range(3):
        cast.person(here, f"p{number}@halden.example")
    theirs = _count(there)

    counts = [(_count(here), _count(there)) for _again in range(8)]

    assert {mine for mine, _theirs in counts} == {counts[0][0]}
    assert {their for _mine, their in counts} == {theirs}
    assert counts[0][0] >= 3
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_prepared_statements where statement like %s",
            ["select count(*) from workspaces_membership where status = $1"],
        )
        assert cursor.fetchone() == (1,)


def test_without_a_scope_it_shows_nothing() -> None:
    cast.person(cast.workspace(), "jun@halden.example")

    assert statements.row(_MEMBERS, {"status": "active"}) == (0,)


def test_no_row_is_an_empty_one() -> None:
    assert statements.row("select 1 where %(no)s::int > 1", {"no": 1}) == ()
