"""Recomputes logs from their entries to their signed heads."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from audit.log.selectors import logs_for_operator, lost_logs_for_operator
from audit.timestamps import selectors as timestamps
from audit.timestamps import services as stamping
from audit.verification import services
from audit.verification.models import AuditVerification
from kit.actor import Actor
from kit.commands import Failed, JsonCommand, Result

LOST = "lost"
"""The finding for a log that must be there and is not."""


TIMESTAMP = "timestamp"
"""The finding for a timestamp of the site's log that does not hold."""


class Command(JsonCommand):
    """Verifies one organization's log, or all logs and the site's."""

    help = "Verify the audit log; exit code 1 on a break."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", default="")

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        found: list[tuple[str, AuditVerification]] = []
        for log in logs_for_operator(slug=options["organization"]):
            row = services.verify(
                actor=Actor.operator(), log=log, at=at, using="sequencer"
            )
            found.append((log.origin, row))
        lost = [] if options["organization"] else lost_logs_for_operator()
        broken = next((pair for pair in found if not pair[1].is_sound), None)
        result: dict[str, Any] = {
            "entries": sum(row.entries for _origin, row in found),
            "verified": broken is None and not lost,
            "first_bad_index": None,
        }
        if pruned := sum(row.pruned for _origin, row in found):
            result["pruned"] = pruned
        if lost:
            result |= {"finding": LOST, "log": lost[0], "lost": lost}
        if broken is None:
            unsound = None if options["organization"] else _unsound_timestamp()
            if unsound is not None and not lost:
                result |= {"verified": False, "finding": TIMESTAMP, "epoch": unsound}
            if lost or unsound is not None:
                raise Failed(result)
            return result
        origin, row = broken
        raise Failed(
            result
            | {
                "first_bad_index": row.first_bad_index,
                "finding": row.finding,
                "log": f"{origin}/{row.bad_epoch}",
            }
        )


def _unsound_timestamp() -> int | None:
    """The first epoch whose timestamp does not hold, where an authority is set."""
    authority = timestamps.configured()
    return None if authority is None else stamping.first_unsound(authority)
