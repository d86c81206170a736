"""The purge of a real sweep against one SQL DELETE of the same rows.

22,825 Schema-Guided dialogues are imported once; each pass starts from a copy. The
reference is one statement of the owner that deletes the parents and lets the same
cascades take the rest, without the guard trigger, entries, dooms or holds.
"""

import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.ground import Ground

DIALOGUES = (
    Path(__file__).resolve().parent.parent.parent / "shared/data/sgd-dialogues.jsonl.gz"
)
PASSES = 3
SPREAD_DAYS = 400
KEEP_DAYS = 280
"""Of conversations spread evenly over 400 days, 30 % are older than 280."""
_DUE = """
select c.id from workspaces_conversation c
where c.last_activity_at <= %s
  and not exists (select from retention_holdscope h where h.membership_id = c.owner_id)
"""


def measure(ground: Ground) -> dict[str, dict[str, Any]]:
    """Rows a second of both; also the whole sweep with plan, keys and receipt."""
    if not DIALOGUES.exists():
        return {}
    at = datetime.now(tz=UTC)
    imported = _prepare(at)
    _forget_connections()
    ground.keep()
    ours, whole, plain = [], [], []
    rows = 0
    for _pass in range(PASSES):
        ground.restore()
        rows, seconds = _delete(at)
        plain.append(seconds)
        ground.restore()
        batches, all_of_it, purged = _sweep(at)
        if purged != rows:
            raise RuntimeError(f"the sweep purged {purged} rows, the DELETE {rows}")
        ours.append(batches)
        whole.append(all_of_it)
    reference = rows / statistics.median(plain)
    return {
        "sweep_vs_raw_delete": _line(rows / statistics.median(ours), reference),
        "whole_sweep_vs_raw_delete": _line(rows / statistics.median(whole), reference),
        "import_messages": imported,
    }


def _line(ours: float, reference: float) -> dict[str, Any]:
    return {
        "ratio": round(ours / reference, 3),
        "ours": round(ours),
        "reference": round(reference),
        "unit": "conversation and message rows/s",
    }


def _prepare(at: datetime) -> dict[str, Any]:
    from kit.actor import Actor
    from retention.holds import services as holds
    from retention.policies import services as policies
    from workspaces.content.formats.registry import Format
    from workspaces.content.rules import Spread
    from workspaces.content.services import ImportOptions, import_conversations
    from workspaces.members.services import founding, membership
    from workspaces.tenancy import services as tenancy

    actor = Actor.operator()
    owner = "owner@bench.example"
    organization = founding.create_organization(
        actor=actor, slug="bench", name="Bench", owner_email=owner, at=at
    )
    workspace = founding.create_workspace(
        actor=actor,
        organization=organization,
        slug="bench",
        name="Bench",
        plan="enterprise",
        at=at,
    )
    tenancy.set_policy_grace(actor=actor, workspace=workspace, hours=0, at=at)
    emails = [f"member-{number}@bench.example" for number in range(20)]
    members = [
        membership.add(
            actor=actor, workspace=workspace, email=email, role="member", at=at
        )
        for email in emails
    ]
    began = time.perf_counter()
    result = import_conversations(
        actor=actor,
        workspace=workspace,
        files=[DIALOGUES],
        at=at,
        options=ImportOptions(
            form=Format.JSONL,
            assign_owners=tuple(emails),
            spread=Spread(first=at - timedelta(days=SPREAD_DAYS), last=at),
        ),
    )
    seconds = time.perf_counter() - began
    policies.set_policy(
        actor=actor, workspace=workspace, days=KEEP_DAYS, undo_days=0, at=at
    )
    holds.place(
        actor=actor,
        workspace=workspace,
        matter="Bench",
        membership_ids=[members[0].pk],
        at=at,
    )
    return {
        "ratio": None,
        "ours": round(result.messages / seconds),
        "reference": None,
        "unit": f"messages/s, {result.messages:,} of them",
    }


def _delete(at: datetime) -> tuple[int, float]:
    from django.db import connections

    _warm()
    with connections["owner"].cursor() as cursor:
        cursor.execute("alter table workspaces_conversation disable trigger user")
        cursor.execute("select count(*) from workspaces_message")
        before = cursor.fetchone()[0]
        began = time.perf_counter()
        cursor.execute(
            f"delete from workspaces_conversation where id in ({_DUE})",
            [at - timedelta(days=KEEP_DAYS)],
        )
        seconds = time.perf_counter() - began
        gone = cursor.rowcount
        cursor.execute("select count(*) from workspaces_message")
        gone += before - cursor.fetchone()[0]
    _forget_connections()
    return gone, seconds


def _sweep(at: datetime) -> tuple[float, float, int]:
    """Seconds of the batches, of everything, and the rows that went."""
    from audit.log import sequencer
    from kit.actor import Actor
    from retention.sweeps import services
    from retention.sweeps.models import Trigger
    from workspaces.tenancy.selectors import workspace_by_slug

    _warm()
    before = _rows()
    workspace = workspace_by_slug(slug="bench")
    began = time.perf_counter()
    sweep = services.open_run(
        actor=Actor.operator(), workspace=workspace, trigger=Trigger.COMMAND, at=at
    )
    while (
        services.work(run_id=sweep.run_id, budget_seconds=600, now=lambda: at)
        is not services.Outcome.CLOSED
    ):
        sequencer.run(at=at)
    seconds = time.perf_counter() - began
    batches = _purging_seconds()
    gone = before - _rows()
    _forget_connections()
    return batches, seconds, gone


def _rows() -> int:
    from django.db import connections

    with connections["sweeper"].cursor() as cursor:
        cursor.execute(
            "select (select count(*) from workspaces_conversation)"
            " + (select coalesce(sum(message_rows), 0) from ("
            "   select count(*) as message_rows from workspaces_message) m)"
        )
        return int(cursor.fetchone()[0])


def _purging_seconds() -> float:
    from django.db import connections

    with connections["sweeper"].cursor() as cursor:
        cursor.execute("select sum(took_ms) / 1000.0 from retention_sweepslice")
        return float(cursor.fetchone()[0])


def _warm() -> None:
    """Both sides begin with the heap read once."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("select count(*), sum(length(sealed)) from workspaces_message;")
        cursor.fetchall()


def _forget_connections() -> None:
    from django.db import connections

    connections.close_all()
