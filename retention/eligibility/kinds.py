"""Decides which objects of the simple kinds are deleted, expired, due or held.

The same engine as for conversations: an explicit delete, whose undo window is the
plan's, or for kinds that policies govern, the cut-offs of the scope that wins. A hold
on a member covers all that they own, and all that something of theirs hangs on: a
project with a file that they put there, a GPT of which they wrote a version.
Conditions speak of a row `c` and the cut-offs `k`, as in `conditions`.
"""

from dataclasses import dataclass

from kit import content_kinds
from kit.content_kinds import ContentKind, Governed, Storage
from retention.eligibility import conditions
from retention.eligibility.scopes import CONVERSATIONS as CONVERSATION_KIND
from retention.holds import coverage

_DELETED = "coalesce(c.deleted_at <= k.deleted_before, false)"


@dataclass(frozen=True, kw_only=True)
class Relation:
    """The pieces of SQL that pick rows `c` of one kind under the cut-offs `k`.

    `from_due` and `something_due` go after CUTOFFS; `of_ids` after `b` and a relation
    `i` of ids; `from_deleted` picks what is deleted, due or not. `from_reached` needs
    `b` alone and picks at least what is due where its cut-offs govern all of a
    workspace. They hold the parameter `at`.
    """

    from_due: str
    from_reached: str
    from_deleted: str
    of_ids: str
    due: str
    held: str
    something_due: str


CONVERSATIONS = Relation(
    from_due=conditions.FROM_DUE,
    from_reached=conditions.FROM_REACHED,
    from_deleted=f"{conditions.FROM_ALL} where {conditions.DELETED}",
    of_ids=conditions.OF_IDS,
    due=conditions.DUE,
    held=conditions.HELD,
    something_due=conditions.SOMETHING_DUE,
)


def relation(kind: ContentKind, storage: Storage) -> Relation:
    """How rows of one kind are picked, for plan, batch and counts alike."""
    table, held, due = storage.table, held_by(storage), due_of(kind)
    known = _governed(kind)
    project = known.project if known else ""
    governed = conditions.governed(owner=storage.owner, project=project)
    mine = "c.workspace_id = b.workspace_id"
    arms = f"(select * from ({_arms(kind, storage)}) arms offset 0)"  # noqa: S608
    candidates = f"{arms} c {governed}"
    return Relation(
        from_due=f"from b cross join lateral {candidates} where {due}",
        from_reached=f"from b join {table} c on {mine} where {_reached(kind)}",
        from_deleted=f"from b join {table} c on {mine} {governed}"
        " where c.deleted_at is not null",
        of_ids=f"join {table} c on c.id = i.id and {mine} {governed}",
        due=due,
        held=held,
        something_due=f"exists (select from {candidates} where {due} and not {held})",
    )


def somethings_due() -> list[tuple[str, str]]:
    """For each kind, whether the workspace of `b` has something that a sweep takes."""
    return [
        (CONVERSATION_KIND, CONVERSATIONS.something_due),
        *((k.name, relation(k, s).something_due) for k, s in content_kinds.swept()),
    ]


def due_of(kind: ContentKind) -> str:
    """Whether a sweep takes `c`, holds left aside."""
    clock = clock_of(kind)
    return f"({_DELETED} or c.{clock} <= k.purge_before)" if clock else _DELETED


def expired_of(kind: ContentKind) -> str:
    """Whether a policy hides `c`, which nobody deleted."""
    clock = clock_of(kind)
    is_old = f"c.{clock} <= k.expire_before" if clock else "false"
    return f"(c.deleted_at is null and {is_old})"


def state_of(kind: ContentKind) -> str:
    """Whether `c` is deleted, expired or live, as STATE says it of conversations."""
    return (
        "(case when c.deleted_at is not null then 'deleted'"
        f" when {expired_of(kind)} then 'expired' else 'live' end)"
    )


def clock_of(kind: ContentKind) -> str:
    """The column that ages the kind; empty where no policy governs it."""
    known = _governed(kind)
    return known.clock if known else ""


def _governed(kind: ContentKind) -> Governed | None:
    return next((g for g in content_kinds.governed() if g.name == kind.name), None)


def _arms(kind: ContentKind, storage: Storage) -> str:
    """What may be due: by its age where a policy governs the kind, by its deletion."""
    table, known = storage.table, _governed(kind)
    deleted = (
        f"{table} c where c.workspace_id = b.workspace_id"
        " and c.deleted_at <= b.deleted_before"
    )
    arms = [deleted]
    if known:
        columns = {"clock": known.clock, "owner": storage.owner}
        columns["project"] = known.project
        old = conditions.clock_arms(table=table, **columns)
        arms = [*old, f"{deleted} and not {conditions.by_clock(**columns)}"]
    return " union all ".join(f"select c.* from {arm}" for arm in arms)  # noqa: S608


def _reached(kind: ContentKind) -> str:
    deleted, clock = "c.deleted_at <= b.deleted_before", clock_of(kind)
    return f"({deleted} or c.{clock} <= b.purge_before)" if clock else deleted


def held_by(storage: Storage) -> str:
    """Whether a hold covers `c`."""
    return coverage.held(coverage.of_storage(storage))
