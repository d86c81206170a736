"""Answers where stored objects stand with the engine: state, due, held, by which rule.

For any number of objects of one kind in the open scope of their workspace.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from kit.content_kinds import ContentKind, Storage
from retention.eligibility import conditions, kinds
from retention.eligibility.kinds import Relation
from retention.eligibility.scopes import CONVERSATIONS
from retention.policies import selectors as policies
from workspaces.tenancy.selectors import WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where one object stands: `is_due` leaves holds aside.

    `state` is live, deleted, expired or staged; `rule` is the label of the policy
    version that governs it, `plan` for the plan's own rule.
    """

    state: str
    is_due: bool
    is_held: bool
    rule: str


_STANDS = """
with {cutoffs}
select c.id, {state}, coalesce({due}, false), {held}, k.label
from b cross join unnest(%(ids)s::bigint[]) i(id) {of_ids}
"""


def of_conversations(
    *, workspace: WorkspaceRef, ids: Sequence[int], at: datetime
) -> dict[int, Standing]:
    """Each of these conversations by its id; those not stored are left out."""
    relation, state = kinds.CONVERSATIONS, conditions.STATE
    return _stand(workspace, CONVERSATIONS, relation, state, ids, at)


def of_objects(
    *,
    workspace: WorkspaceRef,
    kind: ContentKind,
    storage: Storage,
    ids: Sequence[int],
    at: datetime,
) -> dict[int, Standing]:
    """Each of these objects of a simple kind by its id; as `of_conversations`."""
    relation, state = kinds.relation(kind, storage), kinds.state_of(kind)
    return _stand(workspace, kind.name, relation, state, ids, at)


def _stand(
    workspace: WorkspaceRef,
    kind: str,
    relation: Relation,
    state: str,
    ids: Sequence[int],
    at: datetime,
) -> dict[int, Standing]:
    if not ids:
        return {}
    scopes = policies.cutoffs_at(workspace_ids=[workspace.id], at=at)
    statement = _STANDS.format(
        cutoffs=conditions.CUTOFFS,
        state=state,
        due=relation.due,
        held=relation.held,
        of_ids=relation.of_ids,
    )
    parameters = conditions.parameters(scopes, at=at, kind=kind)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "ids": list(ids)})
        return {
            pk: Standing(state=state, is_due=is_due, is_held=is_held, rule=rule)
            for pk, state, is_due, is_held, rule in cursor.fetchall()
        }
