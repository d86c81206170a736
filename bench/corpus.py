"""Fills a database with as many sealed messages as a measurement wants.

A tenth of the Schema-Guided dialogues, or as much as a small corpus needs, is imported
as any other file would be. What is measured are copies of its sealed rows, made inside
the databases: new ids and keys, the sizes of the real ones, dates spread over 400 days
in no order, a few members held, a twentieth of the conversations deleted by hand, a
tenth with a file. A copy opens no more than a stolen row would; nothing that is
measured reads content.
"""

import gzip
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.ground import Ground

DIALOGUES = (
    Path(__file__).resolve().parent.parent.parent / "shared/data/sgd-dialogues.jsonl.gz"
)
MESSAGES = int(os.environ.get("CUSTOS_BENCH_MESSAGES", "1000000"))
PASSES = int(os.environ.get("CUSTOS_BENCH_PASSES", "3"))
"""How often each variant has its turn."""
PADDING = int(os.environ.get("CUSTOS_BENCH_PADDING", "0"))
"""Bytes that each copied message has more than the dialogue's own hundred or so; up to
1,500 of them PostgreSQL stores as they are."""
_ALL_MESSAGES = 464_000
SAMPLED = max(10, _ALL_MESSAGES // MESSAGES)
"""One dialogue in so many is imported."""
SPREAD_DAYS = 400
KEEP_DAYS = 280
"""Of conversations spread evenly over 400 days, 30 % are older than 280."""
UNDO_DAYS = 7
WORKSPACES = 8
MEMBERS = 10
_AT_ONCE = 50_000

_SAMPLE = """
create schema bench;
create table bench.conversation as
    select row_number() over (order by id) - 1 as rank, c.*
    from workspaces_conversation c;
create table bench.message as
    select s.rank, m.* from workspaces_message m
    join bench.conversation s on s.id = m.conversation_id;
create unique index on bench.message (rank, position);
create table bench.owner as
    select row_number() over (order by w.id, m.id) - 1 as place, w.id as workspace_id,
           m.id as owner_id
    from workspaces_workspace w join workspaces_membership m
         on m.workspace_id = w.id and m.email like 'member-%';
analyze bench.conversation, bench.message, bench.owner;
truncate workspaces_conversation, workspaces_message, workspaces_file;
"""
# The first workspace has half of all, each further one half as much as the one before.
_CONVERSATIONS = """
insert into workspaces_conversation (id, workspace_id, public_id, owner_id, source,
    external_id, plan_written, is_temporary, key_id, key_made_at, title, raw,
    message_count, file_count, byte_count, created_at, last_activity_at, stored_at,
    deleted_at, deleted_by)
overriding system value
select g.n, o.workspace_id, gen_random_uuid(), o.owner_id, 'bench', g.n::text,
       'enterprise', false, md5('key ' || n)::uuid, now(), s.title, s.raw,
       s.message_count, (n %% 10 = 0)::int, s.byte_count, d.moment - interval '1 hour',
       d.moment, d.moment, d.deleted_at, case when d.deleted_at is not null
       then 'owner' end
from (select n, least(floor(-log(2::numeric, (1 - random())::numeric)), %(last)s)::int
                as workspace,
             floor(random() * %(members)s)::int as member,
             %(at)s::timestamptz - random() * interval '1 day' * %(days)s as moment,
             random() as deleted
      from generate_series(%(first)s::bigint, %(until)s::bigint) n) g
join bench.conversation s on s.rank = (n - 1) %% %(sampled)s
join bench.owner o on o.place = g.workspace * %(members)s + g.member
cross join lateral (
    select g.moment, case when deleted < 0.05 then greatest(
        g.moment, %(at)s::timestamptz - deleted * interval '400 days') end
        as deleted_at) d
order by g.n
"""
_MESSAGES = """
insert into workspaces_message (workspace_id, conversation_id, position,
    parent_position, has_message, is_on_path, is_hidden, role, provenance, created_at,
    sealed)
select c.workspace_id, c.id, m.position, m.parent_position, m.has_message,
       m.is_on_path, m.is_hidden, m.role, m.provenance, m.created_at,
       m.sealed || decode(repeat('5a', %(padding)s), 'hex')
from workspaces_conversation c
join bench.message m on m.rank = (c.id - 1) %% %(sampled)s
where c.id between %(first)s and %(until)s order by c.id, m.position
"""
_FILES = """
insert into workspaces_file (workspace_id, conversation_id, public_id, provenance,
    byte_count, blob_id, sealed)
select workspace_id, id, gen_random_uuid(), 'upload', 1000, gen_random_uuid(),
       decode(repeat('5a', 80), 'hex')
from workspaces_conversation
where id between %(first)s and %(until)s and file_count = 1 order by id
"""
_ENDED = """
drop schema bench cascade;
select setval(pg_get_serial_sequence('workspaces_conversation', 'id'), %(until)s);
"""
_KEYS = """
insert into vault_vaultkey (id, kind, parent_id, wrapped)
select md5('key ' || n)::uuid, 'conversation', %(parent)s,
       decode(repeat(md5(n::text), 2) || repeat('5a', 30), 'hex')
from generate_series(1::bigint, %(until)s::bigint) n
"""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """What was filled: the moment that all dates count from, and how much of it."""

    at: datetime
    workspaces: tuple[str, ...]
    conversations: int
    messages: int
    imported_a_second: int
    imported: int


_FILLED: dict[int, Corpus] = {}


def prepared(ground: Ground, *, messages: int = MESSAGES) -> Corpus:
    """Filled once for all measurements that want so much, and set aside."""
    if messages not in _FILLED:
        connections_closed()
        if _FILLED:
            ground.restore("empty")
        else:
            ground.keep("empty")
        _FILLED.clear()
        _FILLED[messages] = fill(ground, messages=messages)
        connections_closed()
        ground.keep()
    return _FILLED[messages]


def connections_closed() -> None:
    """No connection of Django's stays on a database that is copied."""
    from django.db import connections

    connections.close_all()


def one(connection: "psycopg.Connection[Any]", statement: str) -> Any:
    """The first row of a statement that has one."""
    return connection.execute(statement).fetchone()


def fill(ground: Ground, *, messages: int = MESSAGES) -> Corpus:
    """Workspaces with about so many messages, of which three in ten are due."""
    at = datetime.now(tz=UTC)
    slugs = tuple(f"bench-{number}" for number in range(WORKSPACES))
    imported, seconds = _found(ground, slugs, at=at)
    with ground.admin(ground.content) as content, ground.admin(ground.vault) as vault:
        made = _copied(content, vault, messages=messages, at=at)
    _rules(slugs, at=at)
    with ground.admin(ground.content) as content:
        content.execute("vacuum analyze")
    return Corpus(
        at=at,
        workspaces=slugs,
        conversations=made[0],
        messages=made[1],
        imported_a_second=round(imported / seconds),
        imported=imported,
    )


def _found(
    ground: Ground, slugs: tuple[str, ...], *, at: datetime
) -> tuple[int, float]:
    """Workspaces with members, and a first import; its messages, and its seconds."""
    from kit.actor import Actor
    from workspaces.content.formats.registry import Format
    from workspaces.content.rules import Spread
    from workspaces.content.services import ImportOptions, import_conversations
    from workspaces.members.services import founding, membership
    from workspaces.tenancy import services as tenancy

    actor = Actor.operator()
    organization = founding.create_organization(
        actor=actor, slug="bench", name="Bench", owner_email="o@bench.example", at=at
    )
    emails = tuple(f"member-{number}@bench.example" for number in range(MEMBERS))
    for slug in slugs:
        workspace = founding.create_workspace(
            actor=actor,
            organization=organization,
            slug=slug,
            name=slug,
            plan="enterprise",
            at=at,
        )
        tenancy.set_policy_grace(actor=actor, workspace=workspace, hours=0, at=at)
        for email in emails:
            membership.add(
                actor=actor, workspace=workspace, email=email, role="member", at=at
            )
    began = time.perf_counter()
    result = import_conversations(
        actor=actor,
        workspace=workspace,
        files=[_sampled(ground.folder / "sample.jsonl.gz")],
        at=at,
        options=ImportOptions(
            form=Format.JSONL,
            assign_owners=emails,
            spread=Spread(first=at - timedelta(days=SPREAD_DAYS), last=at),
        ),
    )
    return result.messages, time.perf_counter() - began


def _sampled(file: Path) -> Path:
    with gzip.open(DIALOGUES, "rb") as lines, gzip.open(file, "wb") as sample:
        sample.writelines(
            line for number, line in enumerate(lines) if number % SAMPLED == 0
        )
    return file


def _copied(
    content: "psycopg.Connection[Any]",
    vault: "psycopg.Connection[Any]",
    *,
    messages: int,
    at: datetime,
) -> tuple[int, int]:
    """Triggers and keys are not asked: what they demand is true of every copy."""
    content.execute("set session_replication_role = replica")
    content.execute("set work_mem = '256MB'")
    content.execute("select setseed(0.5)")
    # psycopg sends several statements at once only when nothing is to be bound.
    content.execute(_SAMPLE)
    sampled, rows = one(
        content,
        "select (select count(*) from bench.conversation),"
        " (select count(*) from bench.message)",
    )
    number = round(messages * sampled / rows)
    for first in range(1, number + 1, _AT_ONCE):
        parameters = {
            "first": first,
            "until": min(first + _AT_ONCE - 1, number),
            "sampled": sampled,
            "members": MEMBERS,
            "last": WORKSPACES - 1,
            "days": SPREAD_DAYS,
            "at": at,
            "padding": PADDING,
        }
        for statement in (_CONVERSATIONS, _MESSAGES, _FILES):
            content.execute(statement, parameters)
    content.execute(_ENDED.replace("%(until)s", str(number)))
    vault.execute(_KEYS, {"parent": _parent(vault), "until": number})
    vault.execute("vacuum analyze")
    return number, one(content, "select count(*) from workspaces_message")[0]


def _parent(vault: "psycopg.Connection[Any]") -> Any:
    return one(vault, "select id from vault_vaultkey where kind = 'workspace'")[0]


def _rules(slugs: tuple[str, ...], *, at: datetime) -> None:
    """A policy in force in each workspace, and one member of each on hold."""
    from kit import scoping
    from kit.actor import Actor
    from retention.holds import services as holds
    from retention.policies import services as policies
    from workspaces.members.models import Membership
    from workspaces.tenancy.selectors import workspace_by_slug

    actor = Actor.operator()
    for slug in slugs:
        workspace = workspace_by_slug(slug=slug)
        policies.set_policy(
            actor=actor, workspace=workspace, days=KEEP_DAYS, undo_days=0, at=at
        )
        with scoping.workspace(
            workspace_id=workspace.id, organization_id=workspace.organization.id
        ):
            member = Membership.objects.get(email="member-0@bench.example")
        holds.place(
            actor=actor,
            workspace=workspace,
            matter="Bench",
            membership_ids=[member.pk],
            at=at,
        )
