"""An act of a member with its entry, against the same act with a plain insert.

A member deletes a conversation: permission, locks, holds and the mark are the product's
own service; only what it calls to write its entry is exchanged. `audit_appends` says
what an entry adds to the smallest transaction there is; this says what it adds to one
that somebody waits for.
"""

import multiprocessing as mp
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import django

from bench import audit_appends
from bench.audit_appends import CLIENTS, ROUNDS, SECONDS
from bench.ground import Ground

CONVERSATIONS = 3_000
"""Of each client: more than it deletes in its turn."""
_SLUG = "bench-acts"
_FILL = """
insert into workspaces_conversation (workspace_id, public_id, owner_id, source,
    external_id, plan_written, is_temporary, key_id, key_made_at, title, raw,
    message_count, file_count, byte_count, created_at, last_activity_at, stored_at)
select m.workspace_id, gen_random_uuid(), m.id, 'bench', m.id || '-' || n,
       'enterprise', false, gen_random_uuid(), now(), decode(repeat('5a', 60), 'hex'),
       decode(repeat('5a', 80), 'hex'), 20, 0, 4000, now(), now(), now()
from workspaces_membership m cross join generate_series(1, %(each)s) n
where m.email like 'client-%%'
"""


def measure(ground: Ground) -> dict[str, dict[str, Any]]:
    """The rate of deletes with our entries over that with a plain INSERT."""
    _prepare(ground)
    context = mp.get_context("spawn")
    with audit_appends.sealing(context):
        found = {n: _compare(context, n) for n in CLIENTS}
    return {
        f"audit_act_vs_plain_insert_{n}": {
            "ratio": round(rates["record"] / rates["plain"], 3),
            "ours": round(rates["record"]),
            "reference": round(rates["plain"]),
            "unit": f"conversations deleted a second by {n} members",
        }
        for n, rates in found.items()
    }


def _prepare(ground: Ground) -> None:
    from django.db import connections

    from kit.actor import Actor
    from workspaces.members.services import founding, membership

    audit_appends.make_tables()
    actor, at = Actor.operator(), datetime.now(tz=UTC)
    organization = founding.create_organization(
        actor=actor, slug=_SLUG, name=_SLUG, owner_email="o@acts.example", at=at
    )
    workspace = founding.create_workspace(
        actor=actor,
        organization=organization,
        slug=_SLUG,
        name=_SLUG,
        plan="enterprise",
        at=at,
    )
    for number in range(max(CLIENTS)):
        email = f"client-{number}@acts.example"
        membership.add(
            actor=actor, workspace=workspace, email=email, role="member", at=at
        )
    connections.close_all()
    with ground.admin(ground.content) as content:
        content.execute(_FILL, {"each": CONVERSATIONS})
        content.execute("vacuum analyze workspaces_conversation")


def _compare(context: Any, clients: int) -> dict[str, float]:
    """The median rate of both, in turn."""
    rates: dict[str, list[float]] = {"record": [], "plain": []}
    with context.Manager() as manager:
        for _round in range(ROUNDS):
            for kind, known in rates.items():
                start = manager.Barrier(clients)
                whom = [(kind, number, start) for number in range(clients)]
                with context.Pool(clients, initializer=django.setup) as pool:
                    known.append(sum(pool.map(_client, whom, chunksize=1)))
    return {kind: statistics.median(known) for kind, known in rates.items()}


def _client(whom: tuple[str, int, Any]) -> float:
    """How many conversations one member deletes a second; all begin at once."""
    kind, number, start = whom
    from retention.deletions.services import conversations as service

    delete, rows = _deleting(f"client-{number}@acts.example")
    entry = service.record if kind == "record" else _plain
    with mock.patch.object(service, "record", entry):
        for row in rows[:50]:
            delete(row)
        start.wait()
        began = time.perf_counter()
        for done, row in enumerate(rows[50:], 1):
            delete(row)
            if (taken := time.perf_counter() - began) >= SECONDS:
                return done / taken
    raise RuntimeError(f"{CONVERSATIONS} conversations are too few")


def _plain(*, organization_id: int, **_told: Any) -> None:
    audit_appends.plain(organization_id)


def _deleting(email: str) -> tuple[Callable[[Any], object], list[Any]]:
    """How a member deletes a conversation, and all of theirs, none of them deleted."""
    from kit import scoping
    from retention.deletions.services import conversations as service
    from workspaces.content.models import Conversation
    from workspaces.members import acting
    from workspaces.members.models import User
    from workspaces.tenancy import selectors

    user = User.objects.get(email=email)
    access = selectors.accesses_of(user_id=user.pk)[0]
    actor = acting.in_workspace(user=user, access=access)
    workspace = access.workspace
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        mine = Conversation.objects.filter(owner_id=access.membership_id)
        mine.update(deleted_at=None, deleted_by=None)
        rows = list(mine)

    def delete(row: Any) -> object:
        return service.mark_deleted(
            actor=actor,
            workspace=workspace,
            conversations=[row],
            at=datetime.now(tz=UTC),
        )

    return delete, rows
