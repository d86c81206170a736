"""Gives each file of a GPT that an older Custos stored a data key of its own.

Such a file is sealed with its GPT's key, which lives on when the file is purged. It is
sealed anew, bytes and name, before a sweep takes it: what is purged can then be opened
by nobody, in no copy. The bytes under the old key have no name any more, and go as any
file does that nothing names. Once there are none of these files this finds nothing.
"""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from kit import blobs, ids, vault
from kit.blobs import BlobMissing
from kit.sealed_streams import open_stream, seal_stream
from workspaces.gpts.seals import Seals

ALIAS = "sweeper"
AT_ONCE = 50
_NEXT = """
select f.id, f.public_id, f.blob_id, f.sealed, g.public_id, g.key_id, w.key_id
from workspaces_gptfile f
join workspaces_gpt g on g.id = f.gpt_id and g.workspace_id = f.workspace_id
join workspaces_workspace w on w.id = f.workspace_id
where f.key_id is null and f.id > %s order by f.id limit 1
for update of f skip locked
"""
_SEALED = """
update workspaces_gptfile set key_id = %s, key_made_at = %s, blob_id = %s, sealed = %s
where id = %s
"""


def give_keys(*, limit: int = AT_ONCE) -> int:
    """Seals at most so many files anew, each in a transaction; how many it did."""
    done, after = 0, 0
    for _round in range(limit):
        with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
            cursor.execute(_NEXT, [after])
            row = cursor.fetchone()
            if row is None:
                break
            after = row[0]
            done += _sealed_anew(cursor, *row)
    return done


def _sealed_anew(
    cursor: Any,
    pk: int,
    file: UUID,
    blob: UUID,
    sealed: bytes,
    gpt: UUID,
    key_id: UUID,
    workspace_key: UUID,
) -> bool:
    """Whether it could be: a file whose GPT was destroyed goes with that GPT."""
    held = vault.read_keys([key_id]).get(key_id)
    if held is None:
        return False
    key = vault.make_keys(parent=workspace_key)[0]
    old, new = Seals(held, gpt=gpt), Seals(key.key, gpt=gpt)
    # Bytes that are missing stay missing; the name is sealed anew all the same.
    with suppress(BlobMissing):
        plain = open_stream(blobs.store().open(blob), key=old.key, aad=old.blob(file))
        fresh = ids.new_uuid()
        blobs.store().put(fresh, seal_stream(plain, key=new.key, aad=new.blob(file)))
        blob = fresh
    words = new.file(file, old.open_file(file, sealed))
    cursor.execute(_SEALED, [key.id, key.made_at, blob, words, pk])
    return True
