"""A sweep's plan finds what a policy lets go by a range of ages, not by reading all."""

import pytest
from django.db import connections

from retention.eligibility import conditions
from retention.policies import selectors as policies
from retention.sweeps import kinds
from retention.sweeps.services import planning
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, staged
from tests.workspaces.gpts import studio

_COMMON = """(workspace_id, public_id, owner_id, plan_written, key_id, key_made_at,
    byte_count, created_at, sealed{more})
select %(workspace)s, gen_random_uuid(), %(owner)s, %(plan)s, gen_random_uuid(), now(),
    100, %(noon)s - n * interval '1 hour',
    decode(repeat('00', 300), 'hex'){values}
from generate_series(1, 20000) n"""
_SEED = {
    "memories": "insert into workspaces_memory " + _COMMON.format(more="", values=""),
    "project_files": "insert into workspaces_projectfile "
    + _COMMON.format(
        more=", project_id, blob_id, size",
        values=", %(project)s, gen_random_uuid(), 10",
    ),
    "gpt_files": "insert into workspaces_gptfile "
    + _COMMON.format(more=", gpt_id, blob_id", values=", %(gpt)s, gen_random_uuid()"),
}


@pytest.mark.parametrize(
    ("kind", "table", "index"),
    [
        ("memories", "workspaces_memory", "memory_by_age"),
        ("project_files", "workspaces_projectfile", "projectfile_by_age"),
        ("gpt_files", "workspaces_gptfile", "gptfile_by_age"),
    ],
)
def test_the_plan_uses_the_index_by_age(
    stage: Stage, kind: str, table: str, index: str
) -> None:
    stage.set_policy(825, content_kind=kind)
    for one in (stage, staged(cast.elsewhere())):
        seed(one, kind)
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"analyze {table}")

    plan = plan_of(stage, kind)

    assert index in plan
    # What holds cover may be read whole (`p`); what ages never is.
    assert f"Seq Scan on {table} c" not in plan


def seed(stage: Stage, kind: str) -> None:
    """Twenty thousand of the kind, the newest of now, one for each hour."""
    project, gpt = simple.project(stage), studio.make(stage.member)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            _SEED[kind],
            {
                "workspace": stage.workspace.id,
                "owner": stage.member.membership.pk,
                "plan": stage.workspace.plan,
                "noon": NOON,
                "project": project.pk,
                "gpt": gpt.pk,
            },
        )


def plan_of(stage: Stage, kind: str) -> str:
    """How PostgreSQL would run the statement that plans a sweep of the kind."""
    scopes = policies.cutoffs_at(
        workspace_ids=[stage.workspace.id], at=NOON, using="sweeper"
    )
    relation = kinds.swept_named(kind).relation
    statement = planning._PLAN.format(held=relation.held, from_due=relation.from_due)
    asked = {"run": 0, "kind": kind, "window": planning.WINDOW, "first": 0}
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(
            f"explain {statement}",
            asked | conditions.parameters(scopes, at=NOON, kind=kind),
        )
        return "\n".join(row[0] for row in cursor.fetchall())
