"""The first page of the explorer: a log of ten million entries and one of ten thousand.

The same pages of both through the whole stack, in turn. What is measured is the list
with its counts and its timeline. A rare act fills no page of the small log, so that its
page is the cheaper one: the unit says how many entries each lists. EXPLORER_ENTRIES
makes the large log smaller, for a machine without the room.
"""

import os
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from bench.ground import Ground
from bench.members import _STORAGES

LARGE = int(os.environ.get("EXPLORER_ENTRIES", "10000000"))
SMALL = 10_000
PASSES = 30
READABLE = 997
_QUERIES = {
    "first": "",
    "area": "area:holds",
    "refused": "outcome:refused",
    "narrow": "area:retention outcome:refused",
    "rare": "action:retention.hold.placed outcome:refused",
    "week": "area:retention -outcome:success at>=-7d",
    "old": "at<-300d",
}
# One entry a step through a year; one in ten was refused, whichever act it was. The
# target is a hash: a server without OpenSSL opens a file for each random UUID.
_FILL = """
insert into audit_facet (organization_id, epoch, index, entry_id, at, action, outcome,
                         actor_kind, actor, target_kind, target_id, workspace)
select %(organization)s, 0, n, %(first)s + n %% %(readable)s,
       %(at)s - (%(number)s - n) * %(step)s,
       (%(actions)s::text[])[1 + n %% cardinality(%(actions)s::text[])],
       case when hashint4(n::int) %% 10 = 0 then 'refused' else 'success' end,
       (array['user', 'user', 'user', 'service', 'system'])[1 + n %% 5],
       'actor-' || n %% 5000, 'policy', md5(n::text)::uuid, null
  from generate_series(0, %(number)s - 1) n
"""
_INDEXES = """
select indexname, indexdef from pg_indexes
 where tablename = 'audit_facet' and indexname not like '%%pkey'
"""


def measure(_ground: Ground) -> dict[str, dict[str, Any]]:
    """Milliseconds of each page of a large log and of a small one."""
    from django.test.utils import override_settings

    with override_settings(STORAGES=_STORAGES):
        large, small = _Reader("explorer-large"), _Reader("explorer-small")
        _fill({large: LARGE, small: SMALL})
        return {
            f"explorer_growth_{name}" if name != "first" else "explorer_growth": (
                _compared(large, small, query)
            )
            for name, query in _QUERIES.items()
        }


def _compared(large: "_Reader", small: "_Reader", query: str) -> dict[str, Any]:
    taken: dict[str, list[float]] = {"large": [], "small": []}
    listed: dict[str, int] = {}
    for number in range(PASSES + 5):
        for name, reader in (("large", large), ("small", small)):
            began = time.perf_counter()
            listed[name] = reader.read(query)
            if number >= 5:
                taken[name].append(time.perf_counter() - began)
    ours, reference = (statistics.median(taken[name]) for name in ("large", "small"))
    return {
        "ratio": round(ours / reference, 3),
        "ours": round(ours * 1000, 2),
        "reference": round(reference * 1000, 2),
        "unit": f"ms a page of {listed['large']} and {listed['small']} entries,"
        f" of {LARGE:,} and {SMALL:,} (goal 1.5 at most)",
    }


def _fill(numbers: dict["_Reader", int]) -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        # Reading is the same without a log of the writing, which takes room and time.
        cursor.execute("alter table audit_facet set unlogged")
        cursor.execute("set maintenance_work_mem = '512MB'")
        cursor.execute(_INDEXES)
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'drop index "{name}"')
        for reader, number in numbers.items():
            cursor.execute(_FILL, reader.filling(number))
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("vacuum analyze audit_facet, audit_entry, audit_detail")


class _Reader:
    """An owner of an organization whose log holds that many entries."""

    def __init__(self, slug: str) -> None:
        from django.test import Client

        from kit.actor import Actor
        from workspaces.members.models import User
        from workspaces.members.services import founding
        from workspaces.signin.models import Method
        from workspaces.signin.services import sessions

        at = datetime.now(tz=UTC)
        owner = f"owner@{slug}.example"
        self.organization = founding.create_organization(
            actor=Actor.operator(), slug=slug, name=slug, owner_email=owner, at=at
        )
        self._page = f"/o/{slug}/audit/"
        self._client = Client(SERVER_NAME="127.0.0.1")
        user = User.objects.get(email=owner)
        self._client.force_login(
            user, backend="django.contrib.auth.backends.ModelBackend"
        )
        session = self._client.session
        sessions.begin(
            session=session,
            organization_id=self.organization.id,
            user=user,
            method=Method.CODE,
            ip="127.0.0.1",
            user_agent="bench",
            at=at,
        )
        session.save()
        self._first = self._record(at)

    def _record(self, at: datetime) -> int:
        """Entries that the facets lead to: as many as no page repeats."""
        from audit import recording
        from audit.recording import Target
        from kit import scoping
        from kit.actor import Actor, ActorKind

        actor = Actor(kind=ActorKind.USER, id=str(uuid4()), label="a@b.example")
        with scoping.organization(organization_id=self.organization.id):
            ids = [
                recording.record(
                    actor=actor,
                    action="retention.policy.set",
                    target=Target(kind="policy", id=uuid4()),
                    organization_id=self.organization.id,
                    at=at,
                    changes={"keep_days": (120, 90)},
                )
                for _ in range(READABLE)
            ]
        return ids[0]

    def filling(self, number: int) -> dict[str, Any]:
        """What fills the log up to now, spread over a year."""
        from audit.log.actions import CATALOG

        return {
            "organization": self.organization.id,
            "first": self._first,
            "readable": READABLE,
            "at": datetime.now(tz=UTC),
            "number": number,
            "step": timedelta(days=365) / number,
            "actions": sorted(CATALOG),
        }

    def read(self, query: str) -> int:
        """How many entries one page lists; it fails where there is none."""
        answer = self._client.get(self._page, {"q": query})
        listed = answer.content.decode().count("data-place=")
        if answer.status_code != 200 or not listed:
            raise RuntimeError(
                f"{self._page}?q={query}: {answer.status_code}, no entry"
            )
        return listed
