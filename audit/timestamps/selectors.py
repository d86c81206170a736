"""Which authority there is, what it must timestamp, and how that stands."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from audit.log import storage
from audit.log.models import SITE
from audit.timestamps.models import AuditTimestamp, Problem
from kit import scoping

_SAYS = {
    Problem.UNREACHABLE: "no answer that counts",
    Problem.NOT_GRANTED: "it grants no timestamp",
    Problem.BAD_ANSWER: "its answer does not hold",
}
# Only an epoch with an anchor that no timestamped head covers has to be shown.
_DUE = """
select e.epoch from generate_series(1, (select epoch from audit_sequencer)) e(epoch)
  left join audit_timestamp w on w.organization_id = %s and w.epoch = e.epoch
 where (w.epoch is null or w.due_at <= %s)
   and (w.leased_until is null or w.leased_until < now())
   and exists (select from audit_anchor a
                where a.site_epoch = e.epoch and a.stamped_at is null
                  and a.index >= coalesce(w.stamped_size, 0))
 order by 1 desc
"""


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Where timestamps are asked for, and the roots that they must lead to."""

    url: str
    roots: Path


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """The authority timestamps nothing."""

    since: datetime
    sentence: str


def configured() -> Authority | None:
    """The authority that the operator set, if any."""
    url, roots = settings.CUSTOS_TIMESTAMP_URL, settings.CUSTOS_TIMESTAMP_CA_FILE
    return Authority(url=url, roots=Path(roots)) if url and roots else None


def due_epochs(*, at: datetime) -> list[int]:
    """The epochs of the site's log that are to be timestamped now."""
    return [epoch for (epoch,) in storage.rows("sequencer", _DUE, SITE, at)]


def trouble() -> Trouble | None:
    """Why nothing of the newest epoch that fails is timestamped: for commands."""
    with scoping.organization(organization_id=SITE):
        rows = AuditTimestamp.objects.filter(failing_since__isnull=False)
        row = rows.order_by("-epoch").first()
    if row is None or row.failing_since is None:
        return None
    return Trouble(since=row.failing_since, sentence=_SAYS[Problem(row.problem)])
