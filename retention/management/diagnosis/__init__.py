"""What `doctor` looks at: every part that a promise of this installation rests on."""

from collections.abc import Iterator
from datetime import datetime

from retention.management.diagnosis import databases, files, posture, work
from retention.management.diagnosis.findings import Finding, Level, Probe

__all__ = ["PROBES", "Finding", "Level", "examine"]

PROBES: dict[str, Probe] = (
    databases.PROBES | files.PROBES | posture.PROBES | work.PROBES
)


def examine(*, at: datetime) -> Iterator[Finding]:
    """One finding for each thing looked at; what cannot be asked is one too."""
    for name, probe in PROBES.items():
        yield probe(at).named(name)
