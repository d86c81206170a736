"""Makes the file of an export, piece by piece: memory stays flat however long the log.

Everything stops at the heads that are newest when the writing begins, so that a log
that grows meanwhile ends all the same.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from audit.explorer.selectors import Place, Shown
from audit.exports import sheets
from audit.exports.models import Form
from audit.exports.proofs import Proofs, Salted
from audit.formats import native, ocsf
from audit.formats.reading import entries_after
from audit.log.pruned import BEGINNING
from audit.log.selectors import Log
from audit.query import rules, selectors
from audit.verification import bundle
from audit.verification.bundle import Bundle, opened_of
from kit import scoping

_BATCH = 500

Progress = Callable[[int], None]


class Writing:
    """One file about to be made; `total` is how many entries it will hold."""

    def __init__(
        self, log: Log, *, form: Form, query: str, workspace: UUID | None, at: datetime
    ) -> None:
        self._log, self._form, self._at = log, form, at
        self._query, self._workspace = rules.parse(query), workspace
        self._heads = bundle.heads_of(log, "sequencer")
        self.is_whole = form is Form.EVIDENCE and not query and workspace is None
        self.total = self._count()

    def pieces(self, *, progress: Progress) -> Iterator[bytes]:
        """The file; `progress` is told how many entries are written."""
        if self.is_whole:
            whole = Bundle(self._log, at=self._at, using="sequencer")
            return whole.pieces(progress=progress)
        if self._form is Form.EVIDENCE:
            return self._proofs(progress)
        return self._lines(progress)

    def _count(self) -> int:
        if self.is_whole:
            voucher = bundle.voucher_of(self._log, using="sequencer")
            below = voucher.boundary if voucher else BEGINNING
            return sum(bundle.here(head, below=below) for head in self._heads)
        with scoping.organization(organization_id=self._log.organization_id):
            found = selectors.matching(
                self._query, workspace=self._workspace, at=self._at
            )
            return found.count()

    def _lines(self, progress: Progress) -> Iterator[bytes]:
        is_sheet = self._form is Form.CSV
        if is_sheet:
            yield sheets.head()
        event = ocsf.event if self._form is Form.OCSF else native.event
        for entries in self._batches(progress):
            if is_sheet:
                yield sheets.lines(entries, log=self._log)
                continue
            events = (event(shown, log=self._log) for shown in entries)
            yield b"".join(_line(one) for one in events)

    def _proofs(self, progress: Progress) -> Iterator[bytes]:
        proofs = Proofs(self._log, workspace=self._workspace, at=self._at)
        yield from proofs.begun(query=self._query.text)
        done = 0

        def tell(written: int) -> None:
            progress(done + written)

        for head in self._heads:
            batches = self._batches(tell, epoch=head.epoch)
            counted = _Counted()
            salted = ((one, self._salted(counted.of(one))) for one in batches)
            yield from proofs.epoch(head, salted)
            done += counted.entries
        yield proofs.ended()

    def _salted(self, entries: list[Shown]) -> Salted:
        leaves = {one.facet.entry_id: one.raw for one in entries if one.facet}
        opened = opened_of(self._log, leaves)
        return {
            one.index or 0: opened[one.facet.entry_id]
            for one in entries
            if one.facet and one.facet.entry_id in opened
        }

    def _batches(
        self, progress: Progress, *, epoch: int | None = None
    ) -> Iterator[list[Shown]]:
        ends = {head.epoch: head.end for head in self._heads}
        after: Place | None = None if epoch is None else (epoch, -1)
        done = 0
        while True:
            entries = entries_after(
                log=self._log,
                query=self._query,
                after=after,
                size=_BATCH,
                workspace=self._workspace,
                at=self._at,
            )
            kept = [one for one in entries if _is_below(one, ends, epoch=epoch)]
            done += len(kept)
            if kept:
                yield kept
            progress(done)
            if len(kept) < _BATCH:
                return
            last = kept[-1]
            after = (last.epoch or 0, last.index or 0)


class _Counted:
    """How many entries passed."""

    def __init__(self) -> None:
        self.entries = 0

    def of(self, entries: list[Shown]) -> list[Shown]:
        self.entries += len(entries)
        return entries


def _is_below(shown: Shown, ends: dict[int, int], *, epoch: int | None) -> bool:
    here = shown.epoch or 0
    if epoch is not None and here != epoch:
        return False
    return (shown.index or 0) < ends.get(here, 0)


def _line(event: object) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
