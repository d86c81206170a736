"""Opens, works and closes sweeping runs.

What must hold, and what makes it hold:

- Nothing under a hold is purged. A batch first locks the table of hold scopes against
  writers, then picks in a new statement; whoever changes what a hold covers takes that
  lock before any write. A trigger refuses deletions of held rows as the second line.
- Nothing is purged that was not planned: the plan's count and root are under a signed
  checkpoint of the organization's log before the first row goes. A batch re-checks each
  planned conversation under the policies of that moment: purged is part of planned.
- Nothing goes that is far beyond the usual and that nobody was shown: such a plan is
  stopped before it is sealed, and a person has to let a new one go on (`breaker`).
- Nothing is purged unrecorded: rows, their log entries, the doom of their keys and
  files and the count are one statement.
- Nothing is destroyed whose purge could be lost: doom rows are claimed with a
  synchronous commit before the vault or the blob store is touched.
- Any step may die at any point, or run twice. What a step does is one transaction that
  locks what it works on; the destroying is repeated until it is confirmed. A run has
  one driver, by a lease of database time with a fencing number; other workers help with
  batches, which exclude each other by their rows.
"""

from retention.sweeps.services.destroying import destroy_doomed
from retention.sweeps.services.examining import Stuck, examine, stuck
from retention.sweeps.services.lanes import lane_of, unfinished_runs
from retention.sweeps.services.opening import SweepIsRunning, open_due_runs, open_run
from retention.sweeps.services.orphans import (
    doom_blobs,
    doom_orphans,
    fail_abandoned_imports,
)
from retention.sweeps.services.vacuuming import vacuum_after_large_runs
from retention.sweeps.services.working import Outcome, work

__all__ = [
    "Outcome",
    "Stuck",
    "SweepIsRunning",
    "destroy_doomed",
    "doom_blobs",
    "doom_orphans",
    "examine",
    "fail_abandoned_imports",
    "lane_of",
    "open_due_runs",
    "open_run",
    "stuck",
    "unfinished_runs",
    "vacuum_after_large_runs",
    "work",
]
