"""Which witness there is, which epochs of the site's log it must see, how it stands."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from audit.log import cosignatures, storage
from audit.log.models import SITE
from audit.witnesses.models import AuditWitness, Problem
from audit.witnesses.protocol import Witness
from kit import scoping

_SAYS = {
    Problem.UNREACHABLE: "no answer that counts",
    Problem.UNKNOWN_LOG: "it does not know this log",
    Problem.UNKNOWN_KEY: "it does not know the key of this log",
    Problem.FORK: "what it signed before is not part of this log",
    Problem.AHEAD: "it signed a head beyond the end of this log",
    Problem.BAD_ANSWER: "its answer does not hold",
}
# Only an epoch with an anchor that no cosigned head covers has to be shown.
_DUE = """
select e.epoch from generate_series(1, (select epoch from audit_sequencer)) e(epoch)
  left join audit_witness w on w.organization_id = %s and w.epoch = e.epoch
 where (w.epoch is null or w.due_at <= %s)
   and (w.leased_until is null or w.leased_until < now())
   and exists (select from audit_anchor a
                where a.site_epoch = e.epoch and a.cosigned_at is null
                  and a.index >= coalesce(w.cosigned_size, 0))
 order by 1 desc
"""


def configured() -> Witness | None:
    """The witness that the operator set, if any."""
    key = cosignatures.configured_key()
    if key is None or not settings.CUSTOS_WITNESS_URL:
        return None
    return Witness(url=settings.CUSTOS_WITNESS_URL, key=key)


def due_epochs(*, at: datetime) -> list[int]:
    """The epochs of the site's log about which the witness is to be asked now."""
    return [epoch for (epoch,) in storage.rows("sequencer", _DUE, SITE, at)]


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """The witness signs nothing; `is_contradiction` where it saw other heads."""

    since: datetime
    sentence: str
    is_contradiction: bool


def trouble() -> Trouble | None:
    """Why the witness signs nothing of the newest epoch it fails for: for commands."""
    with scoping.organization(organization_id=SITE):
        rows = AuditWitness.objects.filter(failing_since__isnull=False)
        row = rows.order_by("-epoch").first()
    if row is None or row.failing_since is None:
        return None
    return Trouble(
        since=row.failing_since,
        sentence=_SAYS[Problem(row.problem)],
        is_contradiction=row.problem in (Problem.FORK, Problem.AHEAD),
    )
