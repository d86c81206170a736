"""Entries of a purge batch, written by the batch's own SQL: fixed ASCII JSON.

The leaf is built by concatenation, with its keys in sorted order, and equals what
`audit.log.leaf` would write, byte for byte. A NULL in any column makes the whole leaf
NULL, which the table refuses: an entry is never written with a hole in it. There are no
details and no personal fields; the actor is a part of Custos.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from audit.log import actions
from audit.log.leaf import Leaf
from audit.recording.services import Outcome
from kit.actor import Actor, ActorKind
from kit.ids import new_uuid7

_ID, _ORGANIZATION, _WORKSPACE, _TARGET = (UUID(int=n) for n in range(1, 5))
# The random part of an id is a hash of its target under a secret of the statement that
# nobody keeps. A server without OpenSSL opens a file for each random UUID it makes,
# which took as long as writing the entry.
_RANDOM = "encode(sha256(decode('{secret}', 'hex') || uuid_send({target})), 'hex')"
_NEW_ID = (
    "'{time}-7' || substr(random, 1, 3) || '-8' || substr(random, 4, 3)"
    " || '-' || substr(random, 7, 12)"
)


class NotForBulk(ValueError):
    """Only parts of Custos write in bulk: people's identity needs sealed details."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """SQL expressions over the rows that are recorded: names of its columns.

    `organization_id` is the bigint of the log; the others are what the leaf holds, as
    uuid and, in `counts`, as integers. `policy` is a text of plain characters. No two
    rows have the same target.
    """

    organization_id: str
    organization: str
    target: str
    workspace: str = ""
    policy: str = ""
    counts: Mapping[str, str] = field(default_factory=dict)


def insert(
    *,
    actor: Actor,
    action: str,
    target_kind: str,
    columns: Columns,
    source: str,
    at: datetime,
    order_by: str,
) -> str:
    """`insert into audit_entry … select … from source order by …`, for a WITH clause.

    The text holds no parameters and no percent signs. `columns`, `source` and
    `order_by` are the caller's own SQL, never input.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise NotForBulk(f"{actor.kind} {actor.id} cannot record in bulk")
    actions.action_named(action)
    leaf = _leaf_sql(
        _pattern(actor, action, target_kind, columns, at=at), columns, at=at
    )
    random = _RANDOM.format(secret=secrets.token_hex(32), target=columns.target)
    return (
        "insert into audit_entry (organization_id, leaf)"  # noqa: S608 -- see above
        f" select {columns.organization_id}, convert_to({leaf}, 'UTF8')"
        f" from (select *, {random} as random from {source} offset 0) source"
        f" order by {order_by}"
    )


def _pattern(
    actor: Actor, action: str, target_kind: str, columns: Columns, *, at: datetime
) -> str:
    """A real leaf with stand-ins, so that there is one canonical form and one check."""
    return (
        Leaf(
            id=_ID,
            time=at,
            organization=_ORGANIZATION,
            action=action,
            outcome=Outcome.SUCCESS,
            actor_kind=actor.kind,
            actor=actor.id,
            target_kind=target_kind,
            target_id=_TARGET,
            workspace=_WORKSPACE if columns.workspace else None,
            policy="policy-stands-here" if columns.policy else "",
            counts={name: n for n, name in enumerate(columns.counts, 10**12)},
        )
        .encoded()
        .decode()
    )


def _leaf_sql(pattern: str, columns: Columns, *, at: datetime) -> str:
    parts = {
        str(_ID): _NEW_ID.format(time=str(new_uuid7(at=at))[:13]),
        str(_ORGANIZATION): f"({columns.organization})::uuid::text",
        str(_TARGET): f"({columns.target})::uuid::text",
        str(_WORKSPACE): f"({columns.workspace})::uuid::text",
        "policy-stands-here": f"({columns.policy})::text",
    }
    for stand_in, sql in enumerate(columns.counts.values(), 10**12):
        parts[str(stand_in)] = f"({sql})::bigint::text"
    text = "'" + pattern + "'"
    for stand_in_text, sql in parts.items():
        text = text.replace(stand_in_text, f"' || {sql} || '")
    return text
