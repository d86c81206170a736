"""Finds what crashes leave behind: imports that went silent, keys without content."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from audit.recording import Outcome, Target, record
from kit import vault
from retention.sweeps import kinds
from retention.sweeps.services.planning import SWEEPER
from retention.sweeps.storage import ALIAS, changed, rows, step

_LOG = logging.getLogger(__name__)
SILENT_FOR = timedelta(minutes=10)
KEYS_AT_ONCE = 2_000
_START = datetime(2000, 1, 1, tzinfo=UTC)

# Completing an import demands the state `staging`, so a failed one cannot come back.
# Hearts beat by the database's clock, whatever time a demonstration has set.
_FAIL = """
update workspaces_import i set state = 'failed', ended_at = %(at)s
from workspaces_workspace w
where w.id = i.workspace_id and i.state = 'staging'
  and i.heartbeat_at < clock_timestamp() - %(silent_for)s::interval
returning i.public_id, w.public_id, w.organization_id
"""
# The age rule (reference: foundations 4.1). The trigger on each kind refuses a key
# that is over an hour old when the transaction begins. So a key older than an hour
# before the oldest running transaction cannot be stored any more by anyone; a second
# of slack covers rounding. Both comparisons use the content database's clock.
_HORIZON = """
select pg_has_role(current_user, 'pg_read_all_stats', 'usage'),
       least(
           clock_timestamp(),
           (select min(xact_start) from pg_stat_activity
            where datname = current_database()),
           (select min(prepared) from pg_prepared_xacts
            where database = current_database())
       ) - interval '1 hour 1 second'
"""
_WITH_CONTENT = """
select k from unnest(%(keys)s::uuid[]) k where {content}
"""
_DOOM = """
insert into retention_doom (kind, object_id, doomed_at)
select 'key', k, %(at)s from unnest(%(keys)s::uuid[]) k on conflict do nothing
"""
# One that was said to be destroyed and is there again is destroyed again.
_DOOM_BLOBS = """
insert into retention_doom (kind, object_id, doomed_at)
select 'blob', k, %(at)s from unnest(%(blobs)s::uuid[]) k
on conflict (kind, object_id) do update
    set destroyed_at = null, claimed_at = null, is_waiting = true
where retention_doom.destroyed_at is not null
"""
_PLACE = "select made_at, key_id from retention_orphansearch"
_MOVE = """
insert into retention_orphansearch (id, made_at, key_id)
values (1, %(made_at)s, %(key)s)
on conflict (id) do update set made_at = excluded.made_at, key_id = excluded.key_id
"""


def fail_abandoned_imports(*, at: datetime) -> int:
    """Marks imports failed whose heart stopped; what they staged is due from now on."""
    with step():
        failed = rows(_FAIL, at=at, silent_for=SILENT_FOR)
        for public_id, workspace, organization_id in failed:
            record(
                actor=SWEEPER,
                action="workspaces.import.failed",
                target=Target(kind="import", id=public_id),
                organization_id=organization_id,
                workspace=workspace,
                at=at,
                outcome=Outcome.ERROR,
                using=ALIAS,
            )
    return len(failed)


def doom_blobs(blobs: Sequence[UUID], *, at: datetime) -> int:
    """Dooms blobs that nothing refers to; what is referred to is never destroyed."""
    with step():
        return changed(_DOOM_BLOBS, blobs=list(blobs), at=at)


def doom_orphans(*, at: datetime) -> int:
    """Dooms the next keys that can have no content any more; returns how many."""
    may_see_all, horizon = rows(_HORIZON)[0]
    if not may_see_all:
        _LOG.warning("The sweeper lacks pg_read_all_stats: no search for orphan keys.")
        return 0
    place = rows(_PLACE)
    found = vault.live_keys(
        kind=vault.Kind.CONVERSATION,
        made_before=horizon,
        after=place[0] if place else (_START, UUID(int=0)),
        limit=KEYS_AT_ONCE,
    )
    if not found:
        return 0
    keys: list[UUID] = [key for _made_at, key in found]
    with_content = _WITH_CONTENT.format(content=kinds.refers_to("k"))
    # A statement of its own, begun after the horizon was read.
    stored: set[Any] = {row[0] for row in rows(with_content, keys=keys)}
    orphans = [key for key in keys if key not in stored]
    with step():
        changed(_DOOM, keys=orphans, at=at)
        changed(_MOVE, made_at=found[-1][0], key=found[-1][1])
    return len(orphans)
