"""Writes chosen entries with an inclusion proof each, and nothing of the others.

A proof is hashes of other entries. Each of those entries holds random ids, and
commitments under random salts: their hashes tell nothing of them. What cannot be hidden
is each entry's index and the size of the whole log.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from audit.explorer.selectors import Shown
from audit.log.leaf import Json
from audit.log.proving import Prover
from audit.log.selectors import Log
from audit.log.storage import Block
from audit.verification import bundle
from audit.verification.archives import Archive
from audit.verification.verifier import PROOFS

Salted = dict[int, dict[str, dict[str, object]]]

README = """\
Entries of the audit log {origin}
Exported {at}
{scope}

    <epoch>/checkpoint       the signed head that the proofs lead to
    <epoch>/entries.jsonl    an entry a line: index, leaf, proof, opened details
    export.json              what this is
    vkeys                    the keys that sign, as C2SP verifier keys
    rotation-<n>.tlog-proof  how one key led to the next
    custos-verify.py         verifies all this; needs Python 3 and nothing else

    python3 custos-verify.py --key 'KEY' this.zip

KEY is a line of vkeys, compared with those you received another way.

`proof` holds the hashes of an RFC 6962 inclusion proof, base64, for the leaf
SHA-256(0x00 || leaf). Go: tlog.CheckRecord of golang.org/x/mod/sumdb.

It shows that these entries stand in the log, each at its index, and says nothing of the
others but how many there are. It cannot show that no further entry belongs here: only
the evidence of the whole log can.
"""


class Proofs:
    """One export of chosen entries."""

    def __init__(self, log: Log, *, workspace: UUID | None, at: datetime) -> None:
        self._log = log
        self._workspace = workspace
        self._at = at
        self._archive = Archive(at=at)

    def begun(self, *, query: str) -> Iterator[bytes]:
        """What comes before the entries."""
        scope = f"Workspace: {self._workspace}\n" if self._workspace else ""
        scope += f"Query: {query or 'all entries'}"
        readme = README.format(
            origin=self._log.origin, at=self._at.isoformat(), scope=scope
        )
        yield from bundle.preamble(self._archive, self._log, readme=readme)
        about: dict[str, Json] = {"format": PROOFS, "origin": self._log.origin}
        if self._workspace:
            about["workspace"] = str(self._workspace)
        yield self._archive.put("export.json", json.dumps(about).encode())

    def epoch(
        self, head: Block, batches: Iterable[tuple[list[Shown], Salted]]
    ) -> Iterator[bytes]:
        """The head of an epoch, and its entries."""
        yield self._archive.put(f"{head.epoch}/checkpoint", head.note.encode())
        prover = Prover(self._log, head)
        lines = (
            _line(shown, salted, prover)
            for entries, salted in batches
            for shown in entries
        )
        yield from self._archive.put_lines(f"{head.epoch}/entries.jsonl", lines)

    def ended(self) -> bytes:
        """What comes after all."""
        return self._archive.ended()


def _line(shown: Shown, salted: Salted, prover: Prover) -> bytes:
    index = shown.index or 0
    proof = [base64.b64encode(one).decode() for one in prover.proof(index)]
    line: dict[str, object] = {"index": index, "proof": proof}
    if shown.leaf is not None:
        line["leaf"] = shown.raw.decode()
    else:
        line["leaf_base64"] = base64.b64encode(shown.raw).decode()
    if details := salted.get(index):
        line["details"] = details
    return json.dumps(line, ensure_ascii=False, sort_keys=True).encode()
