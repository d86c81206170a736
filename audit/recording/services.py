"""Records one event inside the transaction of the change that it tells about.

One statement writes the entry and its details, so that recording costs one round
trip; each connection plans it once, since planning took longer than running it. If it
fails, the change fails: there is no action without its entry.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connections

from audit.log import actions
from audit.log.details import Detail, DetailsAreGone, committed, sealed
from audit.log.leaf import Json, Leaf
from audit.log.models import Part
from audit.log.selectors import NoSuchLog
from kit import scoping, statements
from kit.actor import Actor, ActorKind
from kit.ids import new_uuid7


class Outcome(StrEnum):
    """How an act ended; the value stands in the leaf."""

    SUCCESS = "success"
    REFUSED = "refused"
    ERROR = "error"


class NotInTheTransaction(RuntimeError):
    """An entry would not commit together with the change that it tells about."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What was acted on; `id` is a random public id, never derived from a name."""

    kind: str
    id: UUID | str


# Joining the log makes an entry impossible without one, and notices a stale memory.
_INSERT = """
with e as (
    insert into audit_entry (organization_id, leaf)
    select organization_id, %(leaf)s::bytea from audit_log
     where organization_id = %(organization_id)s and uuid = %(uuid)s
    returning id, organization_id
), d as (
    insert into audit_detail (entry_id, part, organization_id, subject, sealed)
    select e.id, x.part, e.organization_id, x.subject, x.sealed
      from e, (values ('actor', %(subject)s::text, %(actor)s::bytea),
                      ('event', '', %(event)s::bytea)) x (part, subject, sealed)
     where x.sealed is not null
)
select id from e
"""
_LOG = "select uuid, key_id from audit_log where organization_id = %s"


def record(
    *,
    actor: Actor,
    action: str,
    target: Target,
    organization_id: int,
    at: datetime,
    workspace: UUID | None = None,
    outcome: str = Outcome.SUCCESS,
    policy: str | None = None,
    counts: Mapping[str, int] | None = None,
    digests: Mapping[str, str] | None = None,
    changes: Mapping[str, tuple[Json, Json]] | None = None,
    details: Mapping[str, Json] | None = None,
    reason: str = "",
    using: str = "default",
) -> int:
    """Records one event and returns the entry's id (its index is known once sealed).

    `changes` maps a setting to its values before and after; `details` and `reason`
    may hold personal data, never content. All three are sealed and erasable; the leaf
    holds commitments. `digests` (hex) stand in the leaf itself. `organization_id` 0
    is the site's log.
    """
    actions.action_named(action)
    with _scope(organization_id, using=using):
        return _stored(
            Entry(
                actor=actor,
                action=action,
                target=target,
                organization_id=organization_id,
                at=at,
                workspace=workspace,
                outcome=Outcome(outcome),
                policy=policy or "",
                counts=counts or {},
                digests=digests or {},
                event=_event(changes or {}, details or {}, reason),
            ),
            using=using,
        )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is about to be recorded."""

    actor: Actor
    action: str
    target: Target
    organization_id: int
    at: datetime
    workspace: UUID | None
    outcome: Outcome
    policy: str
    counts: Mapping[str, int]
    digests: Mapping[str, str]
    event: Mapping[str, Json]


def _event(
    changes: Mapping[str, tuple[Json, Json]], details: Mapping[str, Json], reason: str
) -> dict[str, Json]:
    event: dict[str, Json] = {f"change.{k}": list(pair) for k, pair in changes.items()}
    event |= {f"detail.{name}": value for name, value in details.items()}
    return event | ({"reason": reason} if reason else {})


def _stored(entry: Entry, *, using: str) -> int:
    stored = None
    with suppress(DetailsAreGone):
        stored = _insert(entry, using=using)
    if stored is None:
        # The log may be another one than is remembered under this id, as after a
        # rolled back transaction or a restored database: look again, once.
        _log.cache_clear()
        stored = _insert(entry, using=using)
    if stored is None:
        raise NoSuchLog(f"organization {entry.organization_id} has no audit log")
    return stored


def _insert(entry: Entry, *, using: str) -> int | None:
    uuid, key_id = _log(entry.organization_id, using)
    parts = {
        Part.ACTOR: committed(_who(entry.actor)),
        Part.EVENT: committed(entry.event),
    }
    leaf = _leaf(entry, organization=uuid, fields=list(chain(*parts.values())))
    parameters: dict[str, Any] = {
        "organization_id": entry.organization_id,
        "uuid": uuid,
        "leaf": leaf.encoded(),
        "subject": entry.actor.id,
        Part.ACTOR.value: None,
        Part.EVENT.value: None,
    }
    for part, fields in parts.items():
        if fields:
            parameters[part.value] = sealed(
                fields, leaf_id=leaf.id, part=part, key_id=key_id
            )
    found = statements.row(_INSERT, parameters, using=using)
    return found[0] if found else None


def _leaf(entry: Entry, *, organization: UUID, fields: list[Detail]) -> Leaf:
    is_system = entry.actor.kind is ActorKind.SYSTEM
    return Leaf(
        id=new_uuid7(at=entry.at),
        time=entry.at,
        organization=organization,
        action=entry.action,
        outcome=entry.outcome,
        actor_kind=entry.actor.kind,
        actor=entry.actor.id if is_system else "",
        target_kind=entry.target.kind,
        target_id=_uuid(entry.target.id),
        workspace=entry.workspace,
        policy=entry.policy,
        counts=entry.counts,
        digests=entry.digests,
        commit={field.name: field.commitment for field in fields},
    )


def _uuid(named: UUID | str) -> UUID:
    return named if isinstance(named, UUID) else UUID(named)


def _who(actor: Actor) -> dict[str, Json]:
    """A part of Custos is no person: its name stands in the leaf."""
    if actor.kind is ActorKind.SYSTEM:
        return {}
    known: dict[str, Json] = {
        "actor_id": actor.id,
        "actor_label": actor.label,
        "actor_role": actor.role,
        "ip": actor.ip,
        "user_agent": actor.user_agent,
    }
    return {name: value for name, value in known.items() if value}


def _scope(organization_id: int, *, using: str) -> AbstractContextManager[Any]:
    """Demands the transaction of the change; an operator's scope is narrowed."""
    if not connections[using].in_atomic_block:
        raise NotInTheTransaction("record inside the transaction of the change")
    if using != "default":
        return nullcontext()
    scope = scoping.current()
    if scope is None:
        raise scoping.NoOpenScope("open the organization's scope before recording")
    return scoping.organization(organization_id=organization_id)


@lru_cache(maxsize=4096)
def _log(organization_id: int, using: str) -> tuple[UUID, UUID]:
    with connections[using].cursor() as cursor:
        cursor.execute(_LOG, [organization_id])
        row: tuple[UUID, UUID] | None = cursor.fetchone()
    if row is None:
        raise NoSuchLog(f"organization {organization_id} has no audit log")
    return row
