"""The vault: data keys in a database of their own, made, read and destroyed here.

What holds, and why:

- A key is written, and committed, before the content it seals. `made_at` is the
  vault's own clock (an `at` from a long import would look an hour old at its end) and
  goes into the content row as `key_made_at`; the age rule that finds keys without
  content compares that one number twice with the content clock, so that the two
  clocks need not agree.
- A destroyed key leaves a tombstone, which no one can revive or delete: whoever
  restores old content can tell what must stay unreadable.
- Destroyed means unreadable at once for everything below the key, except in a process
  that opened it as a parent in the last minute (`PARENTS_LIVE_SECONDS`): a receipt
  closes no earlier than that. The bytes leave the disk with `rewrite`, and the
  write-ahead log and backups when these end.
- Every wrapped key is bound to its row: id, kind and parent.
"""

from kit.vault.keys import (
    PARENTS_LIVE_SECONDS,
    DataKey,
    ParentIsGone,
    destroy,
    live_keys,
    make_keys,
    read_keys,
)
from kit.vault.rows import Kind
from kit.vault.tombstones import (
    BATCH,
    Tombstone,
    alive_among,
    newest_tombstones,
    tombstones,
)
from kit.vault.upkeep import Rewrap, generations, rewrap, rewrite

__all__ = [
    "BATCH",
    "PARENTS_LIVE_SECONDS",
    "DataKey",
    "Kind",
    "ParentIsGone",
    "Rewrap",
    "Tombstone",
    "alive_among",
    "destroy",
    "generations",
    "live_keys",
    "make_keys",
    "newest_tombstones",
    "read_keys",
    "rewrap",
    "rewrite",
    "tombstones",
]
