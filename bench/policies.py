"""What a policy costs before and when it is set: its preview, and rows rewritten."""

import statistics
import time
from datetime import timedelta
from typing import Any

from bench import corpus, sweeps
from bench.ground import Ground

PASSES = 15
DAYS = 90
_COUNT = """
select count(*) from workspaces_conversation c
where c.workspace_id = %(workspace)s
  and (c.last_activity_at <= %(keep)s or c.deleted_at <= %(undo)s)
  and not exists (select from retention_holdscope h where h.membership_id = c.owner_id)
"""
_WRITTEN = """
select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables
where relname in ('workspaces_conversation', 'workspaces_message', 'workspaces_file')
"""


def measure(ground: Ground) -> dict[str, dict[str, Any]]:
    """The preview against one count(*) of the same set, and what a change rewrites."""
    if not corpus.DIALOGUES.exists():
        return {}
    filled = corpus.prepared(ground)
    sweeps.fresh(ground)
    ours, reference = _previewed(ground, filled)
    return {
        "preview_vs_count": {
            "ratio": round(ours / reference, 2),
            "ours": round(ours, 2),
            "reference": round(reference, 2),
            "unit": "ms (goal 3 at most)",
        },
        "repolicy_rows_written": {
            "ratio": None,
            "ours": _rewritten(ground, filled),
            "reference": filled.conversations,
            "unit": "rows of content that a change of policy writes, of all (goal 0)",
        },
    }


def _previewed(ground: Ground, filled: corpus.Corpus) -> tuple[float, float]:
    """Medians in milliseconds; both count what 90 days would take of one workspace."""
    from kit import scoping
    from retention.policies.previews import preview
    from workspaces.tenancy.selectors import workspace_by_slug

    workspace = workspace_by_slug(slug=filled.workspaces[0])
    moments = {
        "workspace": workspace.id,
        "keep": filled.at - timedelta(days=DAYS),
        "undo": filled.at - timedelta(days=corpus.UNDO_DAYS),
    }
    ours, reference = [], []
    with ground.admin(ground.content) as connection:
        for _pass in range(PASSES):
            began = time.perf_counter()
            with scoping.workspace(
                workspace_id=workspace.id, organization_id=workspace.organization.id
            ):
                found = preview(
                    workspace=workspace, days=DAYS, undo_days=0, at=filled.at
                )
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            counted = connection.execute(_COUNT, moments).fetchone()
            reference.append(time.perf_counter() - began)
            if counted != (found.conversations,):
                raise sweeps.Unequal(f"{counted} and {found.conversations}")
    return statistics.median(ours) * 1000, statistics.median(reference) * 1000


def _rewritten(ground: Ground, filled: corpus.Corpus) -> int:
    from kit.actor import Actor
    from retention.policies import services as policies
    from workspaces.tenancy.selectors import workspace_by_slug

    before = _written(ground)
    policies.set_policy(
        actor=Actor.operator(),
        workspace=workspace_by_slug(slug=filled.workspaces[0]),
        days=DAYS,
        undo_days=0,
        at=filled.at,
    )
    corpus.connections_closed()
    time.sleep(1.5)  # the server tells its statistics when a session ends
    return _written(ground) - before


def _written(ground: Ground) -> int:
    with ground.admin(ground.content) as connection:
        row = connection.execute(_WRITTEN).fetchone()
    return int((row or (0,))[0])
