"""C2SP tlog-proof: one entry, how it leads to a signed head, and what it opens."""

import base64
from collections.abc import Iterable

from audit.integrity.selectors import Provable
from audit.log import details, tlog_proof
from audit.log.leaf import Json, Leaf, LeafRefused, canonical
from audit.log.selectors import Log
from kit.sealing import CannotOpen


def proof_file(log: Log, found: Provable) -> bytes:
    """The file; `extra` is RFC 8785 JSON with the entry and its opened details."""
    extra: dict[str, Json] = {"entry": _encoded(found.leaf)}
    if opened := dict(_opened(log, found)):
        extra["details"] = opened
    return tlog_proof.text(
        extra=canonical(extra),
        index=found.index,
        hashes=found.hashes,
        checkpoint=found.checkpoint,
    )


def _opened(log: Log, found: Provable) -> Iterable[tuple[str, Json]]:
    """What is erased, or was moved here from another entry, is left out."""
    try:
        leaf = Leaf.parse(found.leaf)
    except LeafRefused:
        return
    for part, sealed in found.details:
        try:
            opened = details.opened(
                sealed, leaf_id=leaf.id, part=part, key_id=log.key_id
            )
        except (CannotOpen, details.DetailsAreGone):
            continue
        for one in opened:
            yield one.name, {"salt": _encoded(one.salt), "value": one.value}


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
