"""Decides which objects of the simple kinds are deleted, due or held.

The same engine as for conversations, with one cause less: what members write besides
conversations goes only by an explicit delete, whose undo window is the plan's; no
policy expires it. A hold on a member covers all that they own, and all that something
of theirs hangs on: a project with a file that they put there, a GPT of which they wrote
a version. Conditions speak of a row `c` and the cut-offs `k`, as in `conditions`.
"""

from dataclasses import dataclass

from kit import content_kinds
from kit.content_kinds import Storage
from retention.eligibility import conditions
from retention.holds import coverage

# Of all scopes, since the undo window of a delete is the plan's, not a policy's.
_CUTOFFS = "b.deleted_before, b.label"

DUE = "coalesce(c.deleted_at <= k.deleted_before, false)"


@dataclass(frozen=True, kw_only=True)
class Relation:
    """The pieces of SQL that pick rows `c` of one kind under the cut-offs `k`.

    `from_due` and `something_due` go after CUTOFFS; `of_ids` after `b` and a relation
    `i` of ids; `from_deleted` picks what is deleted, due or not. They hold the
    parameter `at`.
    """

    from_due: str
    from_deleted: str
    of_ids: str
    due: str
    held: str
    something_due: str


CONVERSATIONS = Relation(
    from_due=conditions.FROM_DUE,
    from_deleted=f"{conditions.FROM_ALL} where {conditions.DELETED}",
    of_ids=conditions.OF_IDS,
    due=conditions.DUE,
    held=conditions.HELD,
    something_due=conditions.SOMETHING_DUE,
)


def relation(storage: Storage) -> Relation:
    """How rows of one kind are picked, for plan, batch and counts alike."""
    table, is_held = storage.table, held_by(storage)
    governed = f"cross join lateral (select {_CUTOFFS}) k"
    mine = "c.workspace_id = b.workspace_id"
    rows = f"from b join {table} c on {mine} {governed}"
    return Relation(
        from_due=f"{rows} where {DUE}",
        from_deleted=f"{rows} where c.deleted_at is not null",
        of_ids=f"join {table} c on c.id = i.id and {mine} {governed}",
        due=DUE,
        held=is_held,
        something_due=f"exists (select from {table} c {governed}"
        f" where {mine} and c.deleted_at <= b.deleted_before and not {is_held})",
    )


def held_by(storage: Storage) -> str:
    """Whether a hold covers `c`."""
    return coverage.held(coverage.of_storage(storage))


def something_due() -> str:
    """Whether any kind of the workspace of `b` has something that a sweep takes."""
    arms = [relation(s).something_due for _kind, s in content_kinds.swept()]
    return f"({' or '.join(arms)})" if arms else "false"
