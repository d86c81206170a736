"""Decides how large a batch is, how long a worker rests after it, and which lane."""

from dataclasses import dataclass

from retention.schedules.rules import Pace

LARGE = 20_000
"""A sweep that plans more than this goes in a lane of its own."""

LONGEST_BATCH_SECONDS = 0.2
"""A hold waits for one batch at most, so no batch may be long."""

LARGEST_BATCH = 4_000
FIRST_BATCH = 1_000
"""What every machine purges in a moment; the second batch fits this one."""
_SMALLEST_BATCH = 20
_PACED_BATCH_SECONDS = 0.02
# Paced work leaves nine tenths of the time to people, whatever a batch takes.
_RESTS = 9
_SHORTEST_REST_SECONDS, _LONGEST_REST_SECONDS = 0.05, 2.0


@dataclass(frozen=True, kw_only=True)
class Tempo:
    """How many ids the next batch tries, and what time a batch may take."""

    batch_size: int
    batch_seconds: float
    rests: int

    def after(self, took_seconds: float) -> "Tempo":
        """The tempo after a batch took so long: smaller at once, larger by steps."""
        size = self.batch_size
        if took_seconds > self.batch_seconds:
            size = int(size * self.batch_seconds / took_seconds)
        elif took_seconds < self.batch_seconds / 2:
            size *= 2
        return Tempo(
            batch_size=min(max(size, _SMALLEST_BATCH), LARGEST_BATCH),
            batch_seconds=self.batch_seconds,
            rests=self.rests,
        )

    def rest_seconds(self, took_seconds: float) -> float:
        """How long a worker sleeps after a batch that took so long."""
        if not self.rests:
            return 0
        rest = max(took_seconds * self.rests, _SHORTEST_REST_SECONDS)
        return min(rest, _LONGEST_REST_SECONDS)


def tempo(pace: Pace) -> Tempo:
    """How a run begins at a pace that is not stopped."""
    if pace is Pace.PACED:
        return Tempo(batch_size=200, batch_seconds=_PACED_BATCH_SECONDS, rests=_RESTS)
    return Tempo(batch_size=FIRST_BATCH, batch_seconds=LONGEST_BATCH_SECONDS, rests=0)
