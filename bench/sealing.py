"""How fast a log grows to a million entries, and how long a proof out of it takes.

Entries are laid there by one INSERT, the reference of the sequencer that seals them: it
reads each back, hashes it into the tree, writes block, tiles and the row that the list
filters on, and signs. Proofs are of entries all over that log, in turn with one of ten
thousand. BENCH_SEALED_ENTRIES makes it smaller; the unit then says so.
"""

import os
import random
import statistics
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bench.audit_appends import open_log
from bench.ground import Ground

LARGE = int(os.environ.get("BENCH_SEALED_ENTRIES", "1000000"))
SMALL = 10_000
PROOFS = 500
_LARGE_LOG, _SMALL_LOG = 1_000_011, 1_000_012
# As long as a usual entry. A server without OpenSSL opens a file for each random UUID.
_LAY = """
insert into audit_entry (organization_id, leaf)
select %(organization)s, convert_to(format(
    '{"action":"retention.policy.set","actor_kind":"user","commit":{%%s},"id":"%%s",'
    '"organization":"%%s","outcome":"success","target_id":"%%s",'
    '"target_kind":"policy","time":"2026-11-01T09:15:07.000000Z","v":1}',
    %(commit)s, md5(n::text)::uuid, %(uuid)s, md5(n::text || 't')::uuid), 'UTF8')
from generate_series(1, %(number)s) n
"""


def measure(_ground: Ground) -> dict[str, dict[str, Any]]:
    """Entries a second that are sealed, and milliseconds of a proof."""
    laid, sealed = _grown(_LARGE_LOG, LARGE)
    _grown(_SMALL_LOG, SMALL)
    ours, reference = _proofs()
    return {
        "seal_vs_insert": {
            "ratio": round(sealed / laid, 3),
            "ours": round(sealed),
            "reference": round(laid),
            "unit": f"entries/s, {LARGE:,} in all",
        },
        "proof_growth": {
            "ratio": round(ours / reference, 3),
            "ours": round(ours, 3),
            "reference": round(reference, 3),
            "unit": f"ms an inclusion proof, {LARGE:,} entries and {SMALL:,}",
        },
    }


def _grown(organization_id: int, number: int) -> tuple[float, float]:
    """Entries a second, laid there and sealed."""
    from django.db import connections

    from audit.log import sequencer

    open_log(organization_id)
    commit = ",".join(
        f'"{name}":"{"A" * 43}="'
        for name in ("actor_id", "actor_label", "actor_role", "ip", "reason")
    )
    asked = {"organization": organization_id, "number": number, "commit": commit}
    began = time.perf_counter()
    with connections["owner"].cursor() as cursor:
        cursor.execute(_LAY, asked | {"uuid": str(UUID(int=organization_id))})
    laid = time.perf_counter()
    sealed = sequencer.seal(at=datetime.now(tz=UTC))
    ended = time.perf_counter()
    if sealed < number:
        raise RuntimeError(f"{sealed} of {number} entries were sealed")
    return number / (laid - began), number / (ended - laid)


def _proofs() -> tuple[float, float]:
    """The median of each log, in turn; no proof finds the tiles of another."""
    from audit.log import selectors, storage
    from audit.log.proving import Prover

    ids = [_LARGE_LOG, _SMALL_LOG]
    logs = selectors.logs_by_id(ids=ids, using="sequencer")
    heads = {
        block.organization_id: block
        for block in storage.newest_blocks(ids=ids, epoch=1, using="sequencer")
    }
    taken: dict[int, list[float]] = {one: [] for one in ids}
    chosen = random.Random(1)
    for _ in range(PROOFS):
        for one, times in taken.items():
            index = chosen.randrange(heads[one].end)
            began = time.perf_counter()
            Prover(logs[one], heads[one]).proof(index)
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[_LARGE_LOG]), statistics.median(taken[_SMALL_LOG])
