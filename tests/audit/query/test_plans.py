"""Each key of the query language goes by an index: no filter looks at a whole log."""

import os
from datetime import timedelta

import pytest
from django.db import connections

from audit.query.rules import parse
from audit.query.selectors import matching
from kit import scoping
from tests.audit.conftest import AT, Tenant

pytestmark = pytest.mark.django_db(
    transaction=True, databases=["default", "vault", "owner"]
)

ENTRIES = int(os.environ.get("PLAN_ENTRIES", "5000"))
# A kind and an object that one entry in a thousand is about.
_FILL = """
insert into audit_facet (organization_id, epoch, index, entry_id, at, action, outcome,
                         actor_kind, actor, target_kind, target_id, workspace)
select %(organization)s, 0, n, %(organization)s::bigint * 1000000 + n,
       %(at)s - n * %(step)s,
       'retention.policy.set', 'success', 'user', 'actor-' || n %% 50,
       case when n %% 1000 = 0 then 'hold' else 'policy' end,
       lpad(to_hex(n / 10), 32, '0')::uuid, null
  from generate_series(1, %(number)s) n
"""


@pytest.fixture
def filled(halden: Tenant) -> Tenant:
    given = {
        "organization": halden.id,
        "number": ENTRIES,
        "at": AT,
        "step": timedelta(minutes=1),
    }
    with connections["owner"].cursor() as cursor:
        cursor.execute(_FILL, given)
        cursor.execute("analyze audit_facet")
    return halden


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("target_kind:hold", "audit_facet_by_object"),
        ("target:00000000-0000-0000-0000-000000000007", "audit_facet_by_target"),
        ("target_kind:policy", "audit_facet_by_"),
    ],
)
def test_a_page_of_one_kind_or_object_goes_by_an_index(
    filled: Tenant, text: str, index: str
) -> None:
    with scoping.organization(organization_id=filled.id):
        rows = matching(parse(text), at=AT).order_by("-at", "-epoch", "-index")[:51]
        plan = rows.explain(analyze=True)

    assert index in plan, plan
    assert "Seq Scan" not in plan
