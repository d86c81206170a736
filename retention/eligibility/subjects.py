"""Names, for statements about the items of one governed kind, what they are made of.

Whoever lists items or compares them with a list takes the conditions from here, which
has them from `kinds`: nobody writes a second WHERE clause.
"""

from dataclasses import dataclass

from kit import content_kinds
from retention.eligibility import kinds, weeks
from retention.eligibility.kinds import Relation
from retention.eligibility.scopes import CONVERSATIONS, ScopeKind
from retention.holds import coverage


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The items of one kind as SQL sees them; columns are of the row `c`.

    `swept` is the kind that sweeps know them by: temporary chats go with conversations.
    `kept` is a query of (hold_id, id) of what holds cover in `workspace`.
    """

    swept: str
    relation: Relation
    table: str
    clock: str
    owner: str
    project: str
    is_temporary: str
    kept: str
    only: str

    def inside(self, scope: ScopeKind) -> str:
        """Whether `c` is of the kind, and the scope of a policy may govern it."""
        column = self.project.removeprefix("c.")
        of_scope = weeks.inside(scope, self.owner.removeprefix("c."), column)
        return f"{of_scope}{self.only}"


def subject(content_kind: str) -> Subject:
    """What a kind that policies govern is made of."""
    found = weeks.simple(content_kind)
    known = content_kinds.governed_named(content_kind)
    if found is None:
        relation, covered = kinds.CONVERSATIONS, coverage.CONVERSATION
        clock, swept, is_temporary = "last_activity_at", CONVERSATIONS, "c.is_temporary"
    else:
        relation, covered = kinds.relation(*found), coverage.of_storage(found[1])
        clock, swept, is_temporary = known.clock, found[0].name, "false"
    return Subject(
        swept=swept,
        relation=relation,
        table=covered.table,
        clock=f"c.{clock}",
        owner=f"c.{covered.owner}",
        project=f"c.{known.project}" if known.project else "null::bigint",
        is_temporary=is_temporary,
        kept=coverage.covering(covered, where=weeks.KEPT),
        only=weeks.alone(content_kind),
    )
