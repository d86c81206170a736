"""Examines the installation: what is wrong, how bad it is, and the way out."""

import time
from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from audit.log import services as log
from audit.recording import Target, record
from audit.verification.selectors import sealed_through
from kit import scoping
from kit.actor import Actor
from kit.commands import Failed, JsonCommand, Result
from kit.refusals import Refused
from retention.management import diagnosis
from retention.management.diagnosis import Finding, Level, findings
from workspaces.operators.services import SITE

_MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.BAD: "BAD "}
_INSTALLATION = Target(kind="installation", id=UUID(int=0))


class Command(JsonCommand):
    """doctor [--patience SECONDS]"""

    help = "Examine the installation; exit code 1 when something is wrong."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--patience",
            type=float,
            default=10.0,
            help="how many seconds the examination's own entry may wait for its seal",
        )

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        found = list(diagnosis.examine(at=at))
        found.append(_recorded(found, at=at, patience=options["patience"]))
        counts = Counter(finding.level for finding in found)
        result = {
            "healthy": not counts[Level.BAD],
            "warnings": counts[Level.WARN],
            "bad": counts[Level.BAD],
            "checks": [_as_json(finding) for finding in found],
        }
        if counts[Level.BAD]:
            raise Failed(result)
        return result

    def tell(self, result: Result) -> str:
        lines = []
        for check in result["checks"]:
            lines.append(
                f"{_MARKS[check['level']]}  {check['name']}: {check['sentence']}"
            )
            if check["way_out"]:
                lines.append(f"      -> {check['way_out']}")
        return "\n".join(lines)


def _recorded(found: list[Finding], *, at: datetime, patience: float) -> Finding:
    """Records the examination; that it is sealed soon proves beat and sequencer."""
    try:
        entry = _record(found, at=at)
        took = _seconds_until_sealed(entry, patience)
    except (DatabaseError, OSError, Refused) as error:
        way_out = "See the findings above."
        answer = findings.bad(f"It could not be recorded: {error}", way_out=way_out)
    else:
        answer = _sealed(took, patience)
    return answer.named("record")


def _sealed(took: float | None, patience: float) -> Finding:
    if took is None:
        return findings.bad(
            f"The entry of this examination was not sealed within {patience:g} s.",
            way_out="Start beat and the worker of the queue sequencer; see its log.",
        )
    return findings.ok(f"The entry of this examination was sealed after {took:.1f} s.")


def _record(found: list[Finding], *, at: datetime) -> int:
    log.open_site_log(at=at)
    counts = Counter(finding.level for finding in found)
    with scoping.organization(organization_id=SITE):
        return record(
            actor=Actor.operator(),
            action="retention.installation.examined",
            target=_INSTALLATION,
            organization_id=SITE,
            at=at,
            counts={level.value: counts[level] for level in Level},
            details={
                finding.name: finding.sentence
                for finding in found
                if finding.level is not Level.OK
            },
        )


def _seconds_until_sealed(entry: int, patience: float) -> float | None:
    started = time.monotonic()
    while True:
        is_sealed = sealed_through(
            organization_id=SITE, entry_id=entry, using="sequencer"
        )
        took = time.monotonic() - started
        if is_sealed:
            return took
        if took >= patience:
            return None
        time.sleep(0.1)


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "name": finding.name,
        "level": finding.level,
        "sentence": finding.sentence,
        "way_out": finding.way_out,
    }
