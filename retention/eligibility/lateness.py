"""What is hidden for so many days and still stored, from the engine's own conditions.

What has been hidden for `n` days is what a sweep would take if the undo window were `n`
days: the same DUE under other cut-offs (`policies.selectors.cutoffs_at`). A hold stops
the clock of what it covers, and its release starts it anew, so that the grace is part
of the time: whoever asks about `since` leaves out what a hold kept at any time after
that. Both are HELD at another moment, without the grace; nobody writes a second
condition.
"""

from retention.eligibility import conditions
from retention.eligibility.kinds import CONVERSATIONS, Relation
from retention.holds import coverage

_UNRELEASED = "(h.released_at is null or h.released_at > %(at)s)"


def counted(relation: Relation) -> str:
    """Counts by workspace what waited since `since`; goes after CUTOFFS."""
    stored = f"{conditions.STATE} <> 'staged'" if relation is CONVERSATIONS else "true"
    return (
        f"select b.workspace_id, count(*) {relation.from_due} and {stored}"
        f" and not {held_at(relation.held, '%(since)s')} group by 1"
    )


def restarted(held: str) -> str:
    """When the last hold on `c` was released, of the moments `ends`; null if never."""
    before = held_at(held, "(r - interval '1 microsecond')")
    return f"(select max(r) from unnest(%(ends)s::timestamptz[]) r where {before})"  # noqa: S608


def held_at(held: str, moment: str) -> str:
    """Whether a hold that was not released covered `c` at another moment."""
    return held.replace(coverage.ACTIVE, _UNRELEASED).replace("%(at)s", moment)
