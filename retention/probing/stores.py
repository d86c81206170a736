"""Names every place where something of purged content could be left, and how to look.

The way of looking shares nothing with the purge: the ORM under the app role in place of
the sweeper's SQL, the vault's and the store's own reading. Every kind of content brings
the field to look at with its registration, and a table with keys or blobs of its own is
asked for those as well.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import redis
from django.apps import apps
from django.conf import settings

from kit import blobs, content_kinds, vault
from kit.content_kinds import ContentKind
from workspaces.jobs.models import Job

_UUID = re.compile(
    rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE
)
_PUBLIC = "public_id"


@dataclass(frozen=True, kw_only=True)
class Purged:
    """What a purge took: public and internal ids by kind, keys and blobs."""

    public_ids: dict[str, set[UUID]] = field(default_factory=dict)
    internal_ids: dict[str, set[int]] = field(default_factory=dict)
    keys: set[UUID] = field(default_factory=set)
    blobs: set[UUID] = field(default_factory=set)

    @property
    def all_public_ids(self) -> set[UUID]:
        """Of every kind."""
        return self.public_ids_but(())

    def public_ids_but(self, kinds: Collection[str]) -> set[UUID]:
        """Of every kind but these."""
        wanted = (ids for kind, ids in self.public_ids.items() if kind not in kinds)
        return set().union(*wanted)


@dataclass(frozen=True, kw_only=True)
class Store:
    """One place: `look` counts what is left there, under the workspace's scope."""

    name: str
    look: Callable[[Purged], int]


def stores() -> tuple[Store, ...]:
    """Every registered place, the tables of all kinds first."""
    return (
        *(_of_kind(kind) for kind in content_kinds.registered()),
        Store(name="vault", look=_in_vault),
        Store(name="blob store", look=_in_blob_store),
        Store(name="cache and broker", look=_in_redis),
        Store(name="jobs and exports", look=_in_jobs),
    )


def _of_kind(kind: ContentKind) -> Store:
    return Store(
        name=f"table of {kind.name}", look=lambda purged: _in_table(kind, purged)
    )


def _in_table(kind: ContentKind, purged: Purged) -> int:
    """Rows that should be gone, each counted once for each way it is found by."""
    whole = kind.purged_with or kind.name
    if kind.probe == _PUBLIC:
        gone: Collection[object] = purged.public_ids.get(kind.name, set())
    else:
        gone = purged.internal_ids.get(whole, set())
    asked = {kind.probe: gone, "key_id": purged.keys, "blob_id": purged.blobs}
    columns = {f.attname for f in apps.get_model(kind.model)._meta.concrete_fields}
    return sum(
        kind.rows.filter(**{f"{column}__in": values}).count()
        for column, values in asked.items()
        if column in columns and values
    )


def _in_vault(purged: Purged) -> int:
    return len(vault.read_keys(purged.keys))


def _in_blob_store(purged: Purged) -> int:
    store = blobs.store()
    return sum(store.exists(blob) for blob in purged.blobs)


def _in_redis(purged: Purged) -> int:
    wanted = purged.all_public_ids
    with redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=10) as client:
        return sum(_names(text, wanted) for text in _texts(client))


def _texts(client: redis.Redis) -> Iterator[bytes]:
    """Every key with its values, whatever its type."""
    readers: dict[bytes, Callable[[bytes], object]] = {
        b"string": client.get,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    for key in client.scan_iter(count=1000):
        read = readers.get(cast("bytes", client.type(key)))
        yield key + repr(read(key) if read else b"").encode()


def _in_jobs(purged: Purged) -> int:
    """What their rows say; the files that they leave are sealed blobs of their own.

    What Custos made itself is no content: the job that wrote an export may name it.
    """
    planted = {kind.name for kind in content_kinds.registered() if kind.is_planted}
    wanted = purged.public_ids_but(planted)
    told = Job.objects.values_list("arguments", "title", "message", "result_name")
    named = sum(_names(repr(row).encode(), wanted) for row in told.iterator())
    left = Job.objects.filter(result_blob_id__in=purged.blobs).count()
    return named + left


def _names(text: bytes, wanted: Collection[UUID]) -> bool:
    return any(UUID(found.decode()) in wanted for found in _UUID.findall(text))
