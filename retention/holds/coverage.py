"""The one place that says what a row of the hold scopes covers, as SQL.

A row `h` of `retention_holdscope` is a set of demands that an object `c` meets all
together: one thing that it names (a member, a conversation, a project, a GPT), and
for members and projects optionally kinds of content and a span of dates. A hold covers
what any of its rows covers. Sweep, lists, counts, previews, "why" and the pages of a
matter are made from the arms below; the database's trigger says the same in its own
words, and a test compares the two row by row.

Dates never let go of what they once covered: activity only moves forward, so an object
whose life begins before the span ends, and whose last activity is not before the span
begins, stays covered whatever is written later.

The plain case is cheap: each arm first asks for equal ids, which PostgreSQL answers
from a hash of the few rows of holds; spans are compared only for what is named.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kit import content_kinds
from kit.content_kinds import Storage

SCOPES = "retention_holdscope"
CONVERSATIONS = "conversations"
ACTIVE = "(h.released_at is null or h.release_grace_until > %(at)s)"
# The same of a moment that has passed: then a hold was active that is released since,
# be it without a grace.
ACTIVE_THEN = (
    "(h.released_at is null or coalesce(h.release_grace_until, h.released_at) > %(at)s)"
)


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way in which a row `h` covers a row `c`.

    `names` compares ids, `narrows` compares kinds, `spans` dates (empty: never).
    Where a part `p` of `c` is what is named, `part` is its table and `parent` its
    column of `c`; the conditions then speak of `p`. Where it is the whole that `c`
    hangs on, or another part of that, `of` is the column of `c` that `parent` equals.
    """

    names: str
    narrows: str = "true"
    spans: str = ""
    part: str = ""
    parent: str = ""
    of: str = "id"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of content that holds cover: its table, owner and times of a row."""

    name: str
    table: str
    owner: str
    created: str
    active: str
    arms: tuple[Arm, ...]


def kinds() -> tuple[Kind, ...]:
    """Every kind of content that goes by itself: conversations, then the others."""
    return (CONVERSATION, *(of_storage(s) for _kind, s in content_kinds.simple()))


def of_storage(storage: Storage) -> Kind:
    """A simple kind, known by how it lies in the database."""
    found = next(kind for kind, other in content_kinds.swept() if other is storage)
    spans = _spans("c.created_at", f"c.{found.clock}")
    owner = Arm(
        names=f"h.membership_id = c.{storage.owner}",
        narrows=_wants(found.name),
        spans=spans,
    )
    return Kind(
        name=found.name,
        table=storage.table,
        owner=storage.owner,
        created="created_at",
        active=found.clock,
        arms=(
            owner,
            *_of_parts(found.name, storage),
            *_of_whole(storage),
            *_by_id(found.name, storage, spans),
        ),
    )


def held(of: Kind, *, active: str = ACTIVE) -> str:
    """Whether a hold covers the row `c` of this kind."""
    arms = (f"({_exists(arm, active)})" for arm in of.arms)
    return f"({' or '.join(arms)})"


def covering(of: Kind, *, scopes: str = SCOPES, where: str = ACTIVE) -> str:
    """A query of (hold_id, id): what rows of `scopes` that meet `where` cover.

    It begins at the holds and follows indexes, once for each way to be covered.
    """
    return " union ".join(_joined(of, arm, scopes, where) for arm in of.arms)


def _exists(arm: Arm, active: str) -> str:
    found = f"exists (select from {_from(arm)} where {_names(arm)} and {active}"
    if not arm.spans:
        return f"{found})"
    if arm.part:
        return f"{found} and {arm.spans})"
    # The first question has no inequality with `c`, so its answers can be hashed.
    return f"{found}) and {found} and {arm.spans})"


def _names(arm: Arm) -> str:
    """That `h` names the row (or its part) and wants its kind; dates left aside."""
    of = "p" if arm.part else "c"
    mine = f"h.workspace_id = {of}.workspace_id and {arm.names} and {arm.narrows}"
    if not arm.part:
        return mine
    return f"p.workspace_id = c.workspace_id and p.{arm.parent} = c.{arm.of} and {mine}"


def _met(arm: Arm) -> str:
    return f"{_names(arm)} and {arm.spans}" if arm.spans else _names(arm)


def _from(arm: Arm) -> str:
    return f"{arm.part} p, {SCOPES} h" if arm.part else f"{SCOPES} h"


def _joined(of: Kind, arm: Arm, scopes: str, where: str) -> str:
    part = f", {arm.part} p" if arm.part else ""
    return (
        f"select h.hold_id, c.id from {scopes} h{part}, {of.table} c"  # noqa: S608
        f" where {_met(arm)} and {where}"
    )


def _conversations() -> Kind:
    spans = _spans("c.created_at", "c.last_activity_at")
    narrows = _wants(CONVERSATIONS)
    return Kind(
        name=CONVERSATIONS,
        table="workspaces_conversation",
        owner="owner_id",
        created="created_at",
        active="last_activity_at",
        arms=(
            Arm(names="h.membership_id = c.owner_id", narrows=narrows, spans=spans),
            Arm(names="h.conversation_id = c.id"),
            Arm(names="h.project_id = c.project_id", narrows=narrows, spans=spans),
        ),
    )


def _of_parts(name: str, storage: Storage) -> Iterable[Arm]:
    """A whole is kept as long as something of a held member hangs on it."""
    for part in storage.parts:
        if part.owner:
            yield Arm(
                names=f"h.membership_id = p.{part.owner}",
                narrows=_wants(name, *_kinds_in(part.table)),
                spans=_spans("p.created_at", "p.created_at"),
                part=part.table,
                parent=part.parent,
            )


def _of_whole(storage: Storage) -> Iterable[Arm]:
    """What covers the whole covers such parts of it, whosever they are.

    A scope that names the whole is `scope` of the part.
    """
    for kind, whole in content_kinds.simple():
        for part in whole.parts:
            if part.table != storage.table or not part.is_kept_whole:
                continue
            yield Arm(
                names=f"h.membership_id = p.{whole.owner}",
                narrows=_wants(kind.name),
                spans=_spans("p.created_at", f"p.{kind.clock}"),
                part=whole.table,
                parent="id",
                of=part.parent,
            )
            for arm in _of_parts(kind.name, whole):
                yield replace(arm, of=part.parent)


def _by_id(name: str, storage: Storage, spans: str) -> Iterable[Arm]:
    """What a scope names itself is covered whole: no kind and no date narrows it."""
    if storage.scope is None:
        return
    scope, column = storage.scope
    names = f"h.{scope} = c.{column}"
    if column == "id":
        yield Arm(names=names)
    else:
        yield Arm(names=names, narrows=_wants(name), spans=spans)


def _kinds_in(table: str) -> Iterable[str]:
    return (kind.name for kind, s in content_kinds.simple() if s.table == table)


def _wants(*names: str) -> str:
    array = ", ".join(f"'{name}'" for name in names)
    return f"(h.content_kinds is null or h.content_kinds && array[{array}]::text[])"


def _spans(created: str, active: str) -> str:
    """Whether the life of a row, or its creation, meets the span of `h`."""
    since = f"case when h.dates_of = 'creation' then {created} else {active} end"
    return (
        f"coalesce({since} >= h.from_at, true)"
        f" and coalesce({created} <= h.until_at, true)"
    )


CONVERSATION = _conversations()
